import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError } from '../../../core/kernel/errors.js';
import { locateModule, splitAppArgument } from '../../../core/loader/module-location.js';
import { createProject } from './project-on-disk.js';

test('APP-33 module:attribute is split at the last colon, never at that of a drive or a URL', () => {
  assert.deepEqual(splitAppArgument('tasks'), { module: 'tasks', attribute: null });
  assert.deepEqual(splitAppArgument('./src/tasks.ts:app'), { module: './src/tasks.ts', attribute: 'app' });
  assert.deepEqual(splitAppArgument('proj.tasks:$app2'), { module: 'proj.tasks', attribute: '$app2' });
  assert.deepEqual(splitAppArgument('file:///a/tasks.ts'), { module: 'file:///a/tasks.ts', attribute: null });
  assert.deepEqual(splitAppArgument('C:tasks'), { module: 'C:tasks', attribute: null });
});

test('APP-33 a path is found with and without its extension, source before built file', (t) => {
  const project = createProject(t, { 'tasks.ts': '', 'tasks.js': '', 'src/jobs.mjs': '', 'src/only.js': '' });
  const from = project.url('');
  const base = new URL(`${from.href}/`);
  for (const [name, file] of [
    ['tasks', 'tasks.ts'],
    ['./tasks.ts', 'tasks.ts'],
    ['src/jobs', 'src/jobs.mjs'],
    ['./src/only.ts', 'src/only.js'],
    [project.path('src/jobs.mjs'), 'src/jobs.mjs'],
    [project.url('tasks.ts').href, 'tasks.ts'],
    ['src.jobs', 'src/jobs.mjs'],
  ] as const) {
    assert.equal(locateModule(name, base).href, project.url(file).href, name);
  }
});

test('APP-33 a folder stands for its celeriac, celery, tasks or index module', (t) => {
  const project = createProject(t, {
    'a/celeriac.ts': '',
    'a/tasks.ts': '',
    'b/celery.js': '',
    'c/tasks.mts': '',
    'd/index.ts': '',
  });
  const base = project.url('a.ts');
  assert.equal(locateModule('a', base).href, project.url('a/celeriac.ts').href);
  assert.equal(locateModule('./b', base).href, project.url('b/celery.js').href);
  assert.equal(locateModule('c/', base).href, project.url('c/tasks.mts').href);
  assert.equal(locateModule('d', base).href, project.url('d/index.ts').href);
});

test('APP-33 an installed package is found from the folder', (t) => {
  const project = createProject(t, {
    'node_modules/@org/jobs/package.json': '{ "exports": { "./tasks": { "import": "./t.mjs" } } }',
    'node_modules/@org/jobs/t.mjs': '',
    'src/here.ts': '',
  });
  const found = locateModule('@org/jobs/tasks', project.url('src/here.ts'));
  assert.equal(found.href, project.url('node_modules/@org/jobs/t.mjs').href);
});

test('a module that cannot be found names what was tried and a file that may be meant', (t) => {
  const project = createProject(t, { 'src/tasks.ts': '', 'empty/readme.md': '' });
  const base = new URL(`${project.url('').href}/`);
  const failure = (name: string): string => {
    try {
      locateModule(name, base);
    } catch (error) {
      assert.ok(error instanceof ConfigError);
      return error.message;
    }
    return assert.fail(`${name} was found`);
  };
  assert.match(
    failure('task'),
    /cannot find the module "task": tried .*\/task, the package "task"\. Did you mean src\/tasks\.ts\?/,
  );
  assert.match(failure('empty'), /empty\/ \(a folder\)/);
  assert.match(failure('./empty/readme.md'), /tried .*readme\.md\./);
});

test('where nothing looks like it, the message says what to give', (t) => {
  const project = createProject(t, {});
  assert.throws(() => locateModule('./x.ts', new URL(`${project.url('').href}/`)), /for example -A src\/tasks\.ts/);
});
