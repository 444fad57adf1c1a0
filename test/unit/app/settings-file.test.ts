/** The configuration file: which one is taken, what it may be, and what is said when it cannot be read. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { readSettingsFile, readSettingsModule } from '../../../core/app/settings-file.js';
import { createProject } from '../loader/project-on-disk.js';

test('the file stands beside the app module, or above it as far as the package goes', (t) => {
  const project = createProject(t, {
    'celeriac.config.json': '{"workerConcurrency": 1}',
    'shop/package.json': '{"type": "module"}',
    'shop/celeriac.config.ts': 'const concurrency: number = 2;\nexport default { workerConcurrency: concurrency };\n',
    'shop/celeriac.config.json': '{"workerConcurrency": 3}',
    'shop/src/tasks.ts': '',
    'shop/jobs/celeryconfig.mjs': 'export const worker_concurrency = 4;\nexport const imports = ["a"];\n',
    'shop/jobs/tasks.ts': '',
    'bare/package.json': '{}',
    'bare/tasks.ts': '',
  });
  const read = (module: string): unknown => readSettingsFile(project.url(module).href, {})?.values ?? null;
  assert.deepEqual(read('shop/src/tasks.ts'), { workerConcurrency: 2 });
  assert.deepEqual(read('shop/jobs/tasks.ts'), { worker_concurrency: 4, imports: ['a'] });
  assert.equal(read('bare/tasks.ts'), null);
  assert.equal(
    readSettingsFile(project.url('shop/src/tasks.ts').href, {})?.source,
    project.path('shop/celeriac.config.ts'),
  );
});

test('CLI-05 a file that is named by the environment is the one', (t) => {
  const project = createProject(t, { 'a.json': '{"workerConcurrency": 1}', 'b.json': '{"workerConcurrency": 2}' });
  const [a, b] = [project.path('a.json'), project.path('b.json')];
  const read = (environment: Record<string, string>): unknown => readSettingsFile(null, environment)?.values;
  assert.deepEqual(read({ CELERIAC_CONFIG: a, CELERY_CONFIG_MODULE: b }), { workerConcurrency: 1 });
  assert.deepEqual(read({ CELERY_CONFIG_MODULE: b }), { workerConcurrency: 2 });
  assert.throws(() => read({ CELERIAC_CONFIG: project.path('c.json') }), /c\.json does not exist/);
});

test('relative addresses start at the folder of the file, and old names are read', (t) => {
  const project = createProject(t, {
    'old.json': '{"BROKER_URL": "sqlite://./queue.db", "CELERYD_CONCURRENCY": 3}',
    'django.cjs': 'module.exports = { DEBUG: true, CELERY_TASK_ALWAYS_EAGER: true };',
  });
  const folder = project.path('');
  assert.deepEqual(readSettingsModule('./old.json', { from: folder }).values, {
    broker_url: `sqlite://${join(folder, 'queue.db')}`,
    worker_concurrency: 3,
  });
  assert.deepEqual(readSettingsModule('django', { from: folder, namespace: 'CELERY' }).values, {
    taskAlwaysEager: true,
  });
});

test('a file that cannot be read is named with the reason', (t) => {
  const project = createProject(t, {
    'package.json': '{"type": "module"}',
    'list.json': '[]',
    'broken.json': '{',
    'waits.mjs': 'await null;\nexport default {};\n',
    'throws.mjs': 'throw new Error("no such secret");\n',
  });
  const read = (name: string): unknown => readSettingsModule(name, { from: project.path('') });
  assert.throws(() => read('list.json'), /list\.json is no table of settings/);
  assert.throws(() => read('broken.json'), /broken\.json cannot be read: .*JSON/);
  assert.throws(() => read('./waits.mjs'), /waits\.mjs must not await at its top level/);
  assert.throws(() => read('./throws.mjs'), /throws\.mjs cannot be read: no such secret/);
});
