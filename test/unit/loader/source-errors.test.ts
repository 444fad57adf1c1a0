/** What a user sees when a module cannot be compiled, and where an error of a compiled module says it was thrown. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError } from '../../../core/kernel/errors.js';
import { prepareModule } from '../../../core/loader/prepare-module.js';
import { createProject, type ProjectOnDisk, reportOf } from './project-on-disk.js';

async function messageOf(project: ProjectOnDisk, entry: string): Promise<string> {
  try {
    await prepareModule(project.url(entry));
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.message.replaceAll(project.root, '');
  }
  return assert.fail('it was compiled');
}

test('a syntax error is a ConfigError with file, line and column, also in an imported file', async (t) => {
  const project = createProject(t, {
    'tasks.ts': `import './part.js';`,
    'part.ts': 'export const a = 1;\nexport const b = = 2;\n',
  });
  assert.equal(await messageOf(project, 'tasks.ts'), '/part.ts:2:18: Expression expected.');
});

test('an import that cannot be resolved names importer, line and specifier', async (t) => {
  const project = createProject(t, {
    'package.json': '{ "type": "module" }',
    'tasks.ts': `import { a } from './part.js';\nimport { b } from './nowhere.js';\nexport const c = [a, b];`,
    'part.ts': `import { x } from 'no-such-package';\nexport const a: unknown = x;`,
    'encapsulated.ts': `import { x } from 'dep/inner';\nexport const a: unknown = x;`,
    'node_modules/dep/package.json': '{ "exports": { ".": "./d.js" } }',
    'node_modules/dep/inner.ts': '',
    'old.cts': `import x = require('gone');\nexport const y: unknown = x;`,
  });
  assert.match(
    await messageOf(project, 'part.ts'),
    /^\/part\.ts:1:19: cannot find "no-such-package": Cannot find package/,
  );
  assert.match(
    await messageOf(project, 'tasks.ts'),
    /^\/tasks\.ts:2:19: cannot find ".\/nowhere.js": there is no file \/nowhere\.js/,
  );
  assert.match(
    await messageOf(project, 'encapsulated.ts'),
    /^\/encapsulated\.ts:1:19: cannot find "dep\/inner": .*not defined by "exports"/,
  );
  assert.match(await messageOf(project, 'old.cts'), /^\/old\.cts.*: cannot find "gone": Cannot find module 'gone'/);
});

test('a tsconfig.json that cannot be read is named', async (t) => {
  const project = createProject(t, { 'tasks.ts': '', 'tsconfig.json': '{ "extends": "./gone.json" }' });
  assert.match(await messageOf(project, 'tasks.ts'), /^\/tsconfig\.json: .*gone\.json/);
  const broken = createProject(t, { 'tasks.ts': '', 'tsconfig.json': '{ "compilerOptions": ' });
  assert.match(await messageOf(broken, 'tasks.ts'), /^\/tsconfig\.json: /);
});

test('JSON that cannot be parsed is named', async (t) => {
  const project = createProject(t, {
    'package.json': '{ "type": "module" }',
    'tasks.ts': `import d from './d.json'; export { d };`,
    'd.json': '{ x',
  });
  assert.match(await messageOf(project, 'tasks.ts'), /^\/d\.json: /);
});

test('a thrown error shows file, line and column of the source, in host and member, ESM and CommonJS', async (t) => {
  for (const type of ['module', 'commonjs']) {
    const project = createProject(t, {
      'package.json': JSON.stringify({ type }),
      'src/tasks.ts': [
        `import { fail } from './deep.js';`,
        'enum Pad { A, B, C }',
        'interface Gone { a: Pad }',
        'export const report = async (): Promise<string | undefined> => {',
        '  using nothing = { [Symbol.dispose]: () => undefined };',
        '  try { return fail({ a: Pad.A } satisfies Gone); } catch (error) { return (error as Error).stack?.split("\\n", 3).join("\\n"); }',
        '};',
      ].join('\n'),
      'src/deep.ts':
        'interface Gone {\n  a: number;\n}\nexport function fail(gone: Gone): string {\n  throw new TypeError(`no ${gone.a}`);\n}\n',
    });
    const stack = String(await reportOf(await prepareModule(project.url('src/tasks.ts'))));
    const place = type === 'module' ? project.url('src').href : project.path('src');
    const [head, first, second] = stack.split('\n');
    assert.equal(head, 'TypeError: no 0');
    assert.ok(first?.includes(`(${place}/deep.ts:5:9)`), stack);
    assert.ok(second?.includes(`${place}/tasks.ts:6:`), stack);
  }
});

test('top-level await in CommonJS is refused with what to do; a file of no declared kind becomes an ES module', async (t) => {
  const project = createProject(t, {
    'package.json': '{ "type": "commonjs" }',
    'tasks.ts': 'const late = async (): Promise<void> => { await 1; };\nvoid late;\nawait late();',
    'free/package.json': '{}',
    'free/tasks.ts': 'await Promise.resolve();',
  });
  assert.match(
    await messageOf(project, 'tasks.ts'),
    /^\/tasks\.ts:3:1: top-level await needs an ES module; set "type": "module"/,
  );
  assert.match((await prepareModule(project.url('free/tasks.ts'))).url.pathname, /\.mjs$/);
});
