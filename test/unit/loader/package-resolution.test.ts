/** Bare imports of compiled modules are resolved from the place of their source (design §4: pnpm and workspaces too). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { importModule } from '../../../core/loader/import-module.js';
import { prepareModule } from '../../../core/loader/prepare-module.js';
import { createProject, reportOf, reportOfFiles } from './project-on-disk.js';

test('pnpm: a package sees its own version of what it imports', async (t) => {
  const project = createProject(t, {
    'package.json': '{ "type": "module" }',
    'tasks.ts': `import { a } from 'a'; import { b } from 'b'; export const report = (): unknown => [a, b];`,
    'node_modules/.pnpm/a@1.0.0/node_modules/a/package.json': '{ "type": "module", "main": "a.js" }',
    'node_modules/.pnpm/a@1.0.0/node_modules/a/a.js': `import { b } from 'b'; export const a = 'a sees ' + b;`,
    'node_modules/.pnpm/b@1.0.0/node_modules/b/package.json':
      '{ "type": "module", "version": "1.0.0", "main": "b.js" }',
    'node_modules/.pnpm/b@1.0.0/node_modules/b/b.js': `export const b = 'b1';`,
    'node_modules/.pnpm/b@2.0.0/node_modules/b/package.json':
      '{ "type": "module", "version": "2.0.0", "main": "b.js" }',
    'node_modules/.pnpm/b@2.0.0/node_modules/b/b.js': `export const b = 'b2';`,
  });
  project.link('node_modules/a', 'node_modules/.pnpm/a@1.0.0/node_modules/a');
  project.link('node_modules/b', 'node_modules/.pnpm/b@2.0.0/node_modules/b');
  project.link('node_modules/.pnpm/a@1.0.0/node_modules/b', 'node_modules/.pnpm/b@1.0.0/node_modules/b');
  assert.deepEqual(await reportOf(await prepareModule(project.url('tasks.ts'))), ['a sees b1', 'b2']);
});

test('a workspace package is compiled from its source, with or without exports, and is one instance', async (t) => {
  const project = createProject(t, {
    'package.json': '{ "workspaces": ["packages/*"] }',
    'packages/app/package.json': '{ "name": "app", "type": "module" }',
    'packages/app/src/tasks.ts': `
      import { lib } from '@org/lib'; import { lib as near } from '../../lib/src/index.js';
      import { deep } from '@org/bare/src/deep'; import { main } from '@org/bare';
      export const report = (): unknown => [lib.where, lib === near, deep, main];`,
    'packages/lib/package.json': '{ "name": "@org/lib", "type": "module", "exports": { ".": "./src/index.ts" } }',
    'packages/lib/src/index.ts': `import { dep } from 'dep'; export const lib: { where: string } = { where: dep };`,
    'packages/lib/node_modules/dep/package.json': '{ "type": "module", "main": "./d.js" }',
    'packages/lib/node_modules/dep/d.js': `export const dep = 'nested';`,
    'node_modules/dep/package.json': '{ "type": "module", "main": "./d.js" }',
    'node_modules/dep/d.js': `export const dep = 'root';`,
    'packages/bare/package.json': '{ "name": "@org/bare", "type": "module" }',
    'packages/bare/index.ts': `export const main = 'main';`,
    'packages/bare/src/deep.ts': `export const deep = 'deep';`,
  });
  project.link('node_modules/@org/lib', 'packages/lib');
  project.link('node_modules/@org/bare', 'packages/bare');
  const prepared = await prepareModule(project.url('packages/app/src/tasks.ts'));
  assert.deepEqual(await reportOf(prepared), ['nested', true, 'deep', 'main']);
  assert.ok(prepared.sourceFiles.includes(project.path('packages/lib/src/index.ts')));
});

test('self-reference, #imports and the conditions import and require are followed', async (t) => {
  const report = await reportOfFiles(t, 'src/tasks.ts', {
    'package.json': JSON.stringify({
      name: 'demo',
      type: 'module',
      imports: { '#part': './src/part.ts', '#parts/*': './src/*.ts' },
      exports: { './part': './src/part.ts', './built/*': './src/*.js' },
    }),
    'src/tasks.ts': `
      import { part } from '#part'; import { part as two } from 'demo/part'; import { part as three } from './part.js';
      import { part as four } from '#parts/part'; import { part as five } from 'demo/built/part';
      import { how } from 'dual'; import { how as other } from './old.cjs';
      export const report = (): unknown => [[two, three, four, five].every((one) => one === part), how, other];`,
    'src/part.ts': 'export const part: object = {};',
    'src/old.cts': `export { how } from 'dual';`,
    'node_modules/dual/package.json': '{ "exports": { "import": "./i.mjs", "require": "./r.cjs" } }',
    'node_modules/dual/r.cjs': `exports.how = 'require';`,
    'node_modules/dual/i.mjs': `export const how = 'import';`,
  });
  assert.deepEqual(report, [true, 'import', 'require']);
});

test('the module and plain JavaScript beside it share the instances of packages', async (t) => {
  const project = createProject(t, {
    'package.json': '{ "type": "module" }',
    'tasks.ts': `export { state } from 'dep';`,
    'plain.js': `export { state } from 'dep';`,
    'node_modules/dep/package.json': '{ "type": "module", "main": "./d.js" }',
    'node_modules/dep/d.js': 'export const state = {};',
  });
  const compiled = await importModule((await prepareModule(project.url('tasks.ts'))).url);
  const plain = await importModule(project.url('plain.js'));
  assert.equal(compiled['state'], plain['state']);
});

test('a package that is installed anew is resolved anew', async (t) => {
  const project = createProject(t, {
    'package.json': '{ "type": "module" }',
    'src/tasks.ts': `import { v } from 'dep'; export const report = (): unknown => v;`,
    'node_modules/dep/package.json': '{ "type": "module", "main": "./d.js" }',
    'node_modules/dep/d.js': `export const v = 'far';`,
  });
  assert.equal(await reportOf(await prepareModule(project.url('src/tasks.ts'))), 'far');
  project.write({
    'src/node_modules/dep/package.json': '{ "type": "module", "main": "./d.js" }',
    'src/node_modules/dep/d.js': `export const v = 'near';`,
  });
  const cacheFolder = project.path('node_modules/.cache/celeriac');
  assert.equal(await reportOf(await prepareModule(project.url('src/tasks.ts'), { cacheFolder })), 'near');
});

test('conditions that the process was started with count', async (t) => {
  const project = createProject(t, {
    'package.json': '{ "type": "module" }',
    'tasks.ts': `import { how } from 'dep'; export const report = (): unknown => how;`,
    'node_modules/dep/package.json': '{ "exports": { "source": "./s.mjs", "default": "./d.mjs" } }',
    'node_modules/dep/s.mjs': `export const how = 'source';`,
    'node_modules/dep/d.mjs': `export const how = 'default';`,
  });
  assert.equal(await reportOf(await prepareModule(project.url('tasks.ts'))), 'default');
  process.execArgv.push('-C', 'source');
  t.after(() => process.execArgv.splice(-2));
  const { url } = await prepareModule(project.url('tasks.ts'));
  assert.equal(((await importModule(url))['report'] as () => unknown)(), 'source');
});
