/** CommonJS TypeScript from the compiled copy: format, interop, `require` and its neighbours (design §4). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { prepareModule } from '../../../core/loader/prepare-module.js';
import { createProject, reportOf, reportOfFiles } from './project-on-disk.js';

test('the format follows extension, package type, tsconfig module and syntax, in this order', async (t) => {
  const formatOf = async (name: string, type: string | null, options: object | null): Promise<string> => {
    const project = createProject(t, { 'package.json': JSON.stringify(type === null ? {} : { type }) });
    project.write({ [name]: name.startsWith('plain') ? 'module.exports = 1;' : 'export {};' });
    if (options !== null) project.write({ 'tsconfig.json': JSON.stringify({ compilerOptions: options }) });
    return (await prepareModule(project.url(name))).url.pathname.slice(-4);
  };
  assert.equal(await formatOf('a.mts', 'commonjs', { module: 'commonjs' }), '.mjs');
  assert.equal(await formatOf('a.cts', 'module', null), '.cjs');
  assert.equal(await formatOf('a.ts', 'module', { module: 'commonjs' }), '.mjs');
  assert.equal(await formatOf('a.ts', 'commonjs', { module: 'esnext' }), '.cjs');
  assert.equal(await formatOf('a.ts', null, { module: 'nodenext' }), '.cjs');
  assert.equal(await formatOf('a.ts', null, { module: 'commonjs' }), '.cjs');
  assert.equal(await formatOf('a.ts', null, { module: 'esnext' }), '.mjs');
  assert.equal(await formatOf('a.ts', null, null), '.mjs');
  assert.equal(await formatOf('plain.ts', null, null), '.cjs');
});

test('__filename, __dirname and require mean the source', async (t) => {
  const project = createProject(t, {
    'package.json': '{ "type": "commonjs" }',
    'src/tasks.ts': `
      import path = require('node:path');
      import other = require('./other');
      const data = require('./data.json');
      const names = ['./other', './fresh', './data.json', './plain.js', 'dep'];
      export const report = (): unknown => ({
        filename: __filename, dirname: __dirname, joined: path.basename(__filename), value: other.value, data,
        loaded: names.map((name) => require(name).value), same: require('./' + 'other') === other,
        resolved: require.resolve('./data.json'), source: require.resolve('./other'), dep: require.resolve('dep'),
        optional: (() => { try { return require('optional'); } catch (error: any) { return error.code; } })(),
      });`,
    'src/other.ts': `export = { value: 'other' };`,
    'src/fresh.ts': `export const value: string = 'fresh';`,
    'src/data.json': '{ "value": "data" }',
    'src/plain.js': `exports.value = 'plain';`,
    'node_modules/dep/package.json': '{ "exports": { "import": "./i.mjs", "require": "./r.cjs" } }',
    'node_modules/dep/r.cjs': `exports.value = 'required';`,
    'node_modules/dep/i.mjs': '',
  });
  assert.deepEqual(await reportOf(await prepareModule(project.url('src/tasks.ts'))), {
    filename: project.path('src/tasks.ts'),
    dirname: project.path('src'),
    joined: 'tasks.ts',
    value: 'other',
    data: { value: 'data' },
    loaded: ['other', 'fresh', 'data', 'plain', 'required'],
    same: true,
    resolved: project.path('src/data.json'),
    source: project.path('src/other.ts'),
    dep: project.path('node_modules/dep/r.cjs'),
    optional: 'MODULE_NOT_FOUND',
  });
});

test('interop is that of tsc: esModuleInterop as set, else the default of the project’s compiler', async (t) => {
  const interop = (options: object, version: string | null): Promise<unknown> =>
    reportOfFiles(t, 'tasks.ts', {
      'package.json': '{}',
      'tsconfig.json': JSON.stringify({ compilerOptions: { module: 'commonjs', ...options } }),
      'tasks.ts': `
        import def from './fn.js'; import * as all from './fn.js';
        export const report = (): unknown => [typeof def, typeof all];`,
      'fn.js': 'module.exports = function fn() {};',
      ...(version === null ? {} : { 'node_modules/typescript/package.json': JSON.stringify({ version }) }),
    });
  assert.deepEqual(await interop({ esModuleInterop: true }, null), ['function', 'object']);
  assert.deepEqual(await interop({ esModuleInterop: false }, null), ['undefined', 'function']);
  assert.deepEqual(await interop({}, '5.4.5'), ['undefined', 'function']);
  assert.deepEqual(await interop({}, '6.0.3'), ['function', 'object']);
});

test('class fields are defined or assigned by the target that the project names', async (t) => {
  const fields = (options: object): Promise<unknown> =>
    reportOfFiles(t, 'tasks.ts', {
      'package.json': '{ "type": "module" }',
      'tsconfig.json': JSON.stringify({ compilerOptions: options }),
      'tasks.ts': `
        class Base { set field(value: number) { this.seen = value; } seen = 0; }
        class Derived extends Base { override field = 4; }
        export const report = (): number => new Derived().seen;`,
    });
  assert.equal(await fields({ target: 'es2022' }), 0);
  assert.equal(await fields({ target: 'es2021' }), 4);
  assert.equal(await fields({ target: 'es2021', useDefineForClassFields: true }), 0);
});

test('ES modules and CommonJS import each other', async (t) => {
  const report = await reportOfFiles(t, 'tasks.mts', {
    'package.json': '{}',
    'tasks.mts': `
      import { shared } from './shared.mjs';
      import { viaRequire, later } from './old.cjs';
      import old = require('./old.cjs');
      export const report = async (): Promise<unknown> => [viaRequire === shared, (await later()) === shared, old.viaRequire === shared];`,
    'old.cts': `
      import { shared } from './shared.mjs';
      export const viaRequire = shared;
      export const later = async (): Promise<unknown> => (await import('./shared.mjs')).shared;`,
    'shared.mts': 'export const shared: object = {};',
  });
  assert.deepEqual(report, [true, true, true]);
});

test('import() in CommonJS is a require under module commonjs and an import under nodenext', async (t) => {
  const condition = (module: string): Promise<unknown> =>
    reportOfFiles(t, 'tasks.ts', {
      'package.json': '{}',
      'tsconfig.json': JSON.stringify({ compilerOptions: { module } }),
      'tasks.ts': `
        const name = 'dep';
        export const report = async (): Promise<unknown> => [(await import('dep')).how, (await import(name)).how];`,
      'node_modules/dep/package.json': '{ "exports": { "import": "./i.mjs", "require": "./r.cjs" } }',
      'node_modules/dep/r.cjs': `exports.how = 'require';`,
      'node_modules/dep/i.mjs': `export const how = 'import';`,
    });
  assert.deepEqual(await condition('commonjs'), ['require', 'require']);
  assert.deepEqual(await condition('nodenext'), ['import', 'import']);
});
