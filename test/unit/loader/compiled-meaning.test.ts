/** From the compiled copy everything means what it means in the source (design §4): each clause is a test. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { importModule } from '../../../core/loader/import-module.js';
import { prepareModule } from '../../../core/loader/prepare-module.js';
import { createProject, reportOf, reportOfFiles } from './project-on-disk.js';

const ESM = { 'package.json': '{ "name": "demo", "type": "module" }' };

test('import.meta describes the source', async (t) => {
  const project = createProject(t, {
    ...ESM,
    'src/tasks.ts': `
      const { url: taken } = import.meta;
      export const report = (): unknown => ({
        url: import.meta.url, dirname: import.meta.dirname, filename: import.meta.filename, taken,
        source: import.meta.resolve('./other.js'), built: import.meta.resolve('./built.js'),
        none: import.meta.resolve('./none.js'), builtin: import.meta.resolve('fs'), dep: import.meta.resolve('dep'),
      });`,
    'src/other.ts': '',
    'src/built.js': '',
    'node_modules/dep/package.json': '{ "exports": { "import": "./i.js", "require": "./r.js" } }',
    'node_modules/dep/i.js': '',
    'node_modules/dep/r.js': '',
  });
  const url = project.url('src/tasks.ts').href;
  assert.deepEqual(await reportOf(await prepareModule(project.url('src/tasks.ts'))), {
    url,
    dirname: project.path('src'),
    filename: project.path('src/tasks.ts'),
    taken: url,
    source: project.url('src/other.ts').href,
    built: project.url('src/built.js').href,
    none: project.url('src/none.js').href,
    builtin: 'node:fs',
    dep: project.url('node_modules/dep/i.js').href,
  });
});

test('specifiers with the extension of the output mean the source', async (t) => {
  const report = await reportOfFiles(t, 'tasks.ts', {
    ...ESM,
    'tasks.ts': `
      import { a } from './a.js'; import { b } from './b.mjs'; import { c } from './c.cjs'; import { d } from './d.jsx';
      import { e } from './e.ts'; import { f } from './f'; import { g } from './g'; import { h } from './h.service';
      export const report = (): string => [a, b, c, d, e, f, g, h].join('');`,
    'a.ts': `export const a = 'a';`,
    'b.mts': `export const b = 'b';`,
    'c.cts': `export const c = 'c';`,
    'd.tsx': `export const d = 'd';`,
    'e.ts': `export const e = 'e';`,
    'f.ts': `export const f = 'f';`,
    'g/index.ts': `export const g = 'g';`,
    'h.service.ts': `export const h = 'h';`,
  });
  assert.equal(report, 'abcdefgh');
});

test('tsconfig paths and baseUrl are followed through extends, per nearest tsconfig.json', async (t) => {
  const report = await reportOfFiles(t, 'app/src/tasks.ts', {
    'package.json': '{ "type": "module" }',
    'tsconfig.base.json': `{ // shared
      "compilerOptions": { "baseUrl": "./shared", "paths": { "@lib/*": ["lib/*"], "@lib/special/*": ["../app/src/*"], "exact": ["exact.ts"] } } }`,
    'app/tsconfig.json': '{ "extends": "../tsconfig.base.json" }',
    'app/src/tasks.ts': `
      import { one } from '@lib/one'; import { two } from '@lib/special/two.js'; import { exact } from 'exact';
      import { plain } from 'plain/deep'; import { inner } from '../../other/inner.js';
      export const report = (): string[] => [one, two, exact, plain, inner];`,
    'app/src/two.ts': `export const two = 'two';`,
    'shared/lib/one.ts': `export const one = 'one';`,
    'shared/exact.ts': `export const exact = 'exact';`,
    'shared/plain/deep.ts': `export const plain = 'plain';`,
    'other/tsconfig.json': '{ "compilerOptions": { "paths": { "@lib/*": ["./own/*"] } } }',
    'other/inner.ts': `import { one } from '@lib/one'; export const inner: string = one;`,
    'other/own/one.ts': `export const one = 'own';`,
  });
  assert.deepEqual(report, ['one', 'two', 'exact', 'plain', 'own']);
});

test('enums, const enums, namespaces and parameter properties work', async (t) => {
  const report = await reportOfFiles(t, 'tasks.ts', {
    ...ESM,
    'tasks.ts': `
      import { Far } from './far.js';
      enum Near { A = 1, B = A << 2, C = 'x'.length }
      const enum Fixed { On = 'on' }
      namespace Space { export const inside = 3; }
      class Point { constructor(readonly x: number, private y = 2) {} sum(): number { return this.x + this.y; } }
      export const report = (): unknown => [Near.B, Near[4], Near.C, Fixed.On, Far.Away, Space.inside, new Point(5).sum()];`,
    'far.ts': 'export const enum Far { Away = 9 }',
  });
  assert.deepEqual(report, [4, 'B', 1, 'on', 9, 3, 7]);
});

test('using and await using dispose in reverse order', async (t) => {
  const report = await reportOfFiles(t, 'tasks.ts', {
    ...ESM,
    'tasks.ts': `
      export const report = async (): Promise<string[]> => {
        const log: string[] = [];
        {
          using a = { [Symbol.dispose]: () => { log.push('a'); } };
          await using b = { [Symbol.asyncDispose]: async () => { log.push('b'); } };
          log.push(typeof a, typeof b);
        }
        return log;
      };`,
  });
  assert.deepEqual(report, ['object', 'object', 'b', 'a']);
});

test('standard decorators are lowered', async (t) => {
  const report = await reportOfFiles(t, 'tasks.ts', {
    ...ESM,
    'tasks.ts': `
      const twice = (method: (n: number) => number, context: ClassMethodDecoratorContext) =>
        function (this: unknown, n: number): number { return 2 * method.call(this, n) + String(context.name).length; };
      class Sums { @twice add(n: number): number { return n + 1; } }
      export const report = (): number => new Sums().add(3);`,
  });
  assert.equal(report, 11);
});

test('legacy decorators see the types of constructors, in CommonJS and in ES modules', async (t) => {
  for (const module of ['commonjs', 'nodenext']) {
    const isEsm = module === 'nodenext';
    const report = await reportOfFiles(t, 'src/tasks.ts', {
      'package.json': isEsm ? '{ "type": "module" }' : '{}',
      'tsconfig.json': JSON.stringify({
        compilerOptions: { module, target: 'ES2021', experimentalDecorators: true, emitDecoratorMetadata: true },
      }),
      'node_modules/reflect-metadata/index.js': `
        const all = new WeakMap();
        Reflect.metadata = (key, value) => (target) => { all.set(target, { ...all.get(target), [key]: value }); };
        Reflect.getMetadata = (key, target) => all.get(target)?.[key];`,
      'src/tasks.ts': `
        import 'reflect-metadata';
        import { Injectable } from './injectable${isEsm ? '.js' : ''}';
        import { Store } from './store${isEsm ? '.js' : ''}';
        import type { Shape } from './shape${isEsm ? '.js' : ''}';
        @Injectable()
        class Service { field = this.store; constructor(readonly store: Store, readonly name: string, readonly shape: Shape) {} }
        const types = (Reflect as any).getMetadata('design:paramtypes', Service) as Function[];
        export const report = (): unknown => [types.map((one) => one.name), new Service(new Store(), '', {}).field.kind];`,
      'src/injectable.ts': 'export const Injectable = () => (target: object): void => void target;',
      'src/store.ts': `export class Store { kind = 'store' }`,
      'src/shape.ts': 'export interface Shape { a?: number }',
    });
    assert.deepEqual(report, [['Store', 'String', 'Object'], 'store'], module);
  }
});

test('JSX follows the tsconfig: the automatic runtime, or a factory', async (t) => {
  const runtime = {
    'node_modules/react/package.json': '{ "exports": { "./jsx-runtime": "./jsx.js" } }',
    'node_modules/react/jsx.js': `exports.jsx = (type, props) => ({ type, ...props });`,
  };
  const tasks = { 'tasks.tsx': `export const report = (): unknown => <b id="x">text</b>;` };
  const automatic = await reportOfFiles(t, 'tasks.tsx', {
    ...ESM,
    ...runtime,
    ...tasks,
    'tsconfig.json': '{ "compilerOptions": { "jsx": "react-jsx" } }',
  });
  assert.deepEqual(automatic, { type: 'b', id: 'x', children: 'text' });
  const classic = await reportOfFiles(t, 'tasks.tsx', {
    ...ESM,
    'tsconfig.json': '{ "compilerOptions": { "jsx": "react", "jsxFactory": "h" } }',
    'tasks.tsx': `const h = (...all: unknown[]): unknown[] => all; ${tasks['tasks.tsx']}`,
  });
  assert.deepEqual(classic, ['b', { id: 'x' }, 'text']);
});

test('JSON is imported with and without an attribute, as default and by name', async (t) => {
  const report = await reportOfFiles(t, 'tasks.ts', {
    ...ESM,
    'tasks.ts': `
      import data from './data.json' with { type: 'json' };
      import plain, { version } from './data.json';
      export const report = async (): Promise<unknown> => {
        const later = await import('./data.json', { with: { type: 'json' } });
        return [data['odd-name'], plain === data, version, later.default === data];
      };`,
    'data.json': '{ "version": "1.2", "odd-name": 1, "default": 2, "class": 3 }',
  });
  assert.deepEqual(report, [1, true, '1.2', true]);
});

test('imports of types leave nothing behind', async (t) => {
  const report = await reportOfFiles(t, 'tasks.ts', {
    ...ESM,
    'tasks.ts': `
      import { Shape } from './nowhere.js';
      import type { Other } from 'no-such-package';
      import { type Third, value } from './value.js';
      export type { Shape } from './nowhere.js';
      export const report = (input?: Shape & Other & Third): unknown => input ?? value;`,
    'value.ts': 'export interface Third { c: 1 } export const value = 8;',
  });
  assert.equal(report, 8);
});

test('import() of a computed name means the source, and the same instance where it is in the graph', async (t) => {
  const report = await reportOfFiles(t, 'src/tasks.ts', {
    ...ESM,
    'src/tasks.ts': `
      import { known } from './plugins/known.js';
      const load = async (name: string): Promise<any> => import(name);
      export const report = async (): Promise<unknown> => [
        (await load('./plugins/known.js')).known === known,
        (await load('./plugins/known')).known === known,
        (await load('./plugins/fresh.js')).fresh,
        (await load('./plugins/fresh.ts')).app === (await import('./app.js')).app,
        (await load('./plain.mjs')).plain,
        typeof (await load('node:fs')).readFileSync,
        (await load('dep')).default,
        await load('./none.js').catch((error) => error.code),
        await load('no-such-package').catch((error) => error.code),
      ];`,
    'src/app.ts': 'export const app: object = {};',
    'src/plugins/known.ts': 'export const known: object = {};',
    'src/plugins/fresh.ts': `export { app } from '../app.js'; export const fresh: string = 'fresh';`,
    'src/plain.mjs': `export const plain = 'plain';`,
    'node_modules/dep/package.json': '{ "type": "module", "main": "m.js" }',
    'node_modules/dep/m.js': `export default 'dep';`,
  });
  assert.deepEqual(report, [
    true,
    true,
    'fresh',
    true,
    'plain',
    'function',
    'dep',
    'ERR_MODULE_NOT_FOUND',
    'ERR_MODULE_NOT_FOUND',
  ]);
});

test('an optional package fails where it is loaded, not before', async (t) => {
  const report = await reportOfFiles(t, 'tasks.ts', {
    ...ESM,
    'tasks.ts': `export const report = (): Promise<string> => import('optional').then(() => 'there', (error) => error.code);`,
  });
  assert.equal(report, 'ERR_MODULE_NOT_FOUND');
});

test('a type that is imported or exported again without the word type leaves nothing behind', async (t) => {
  const project = createProject(t, {
    ...ESM,
    'tsconfig.json': '{ "compilerOptions": { "experimentalDecorators": true, "emitDecoratorMetadata": true } }',
    'tasks.ts': `
      import { Shape, Alias, Deep, value, Both } from './barrel.js';
      import { Shape as Again } from './shape.js';
      export { Shape } from './barrel.js';
      export { Alias as Renamed, Again, value };
      const mark = (target: object): void => void target;
      @mark class Service { constructor(readonly shape: Shape, readonly deep: Deep, readonly both: Both) {} }
      export const report = (alias?: Alias): unknown => [alias ?? value, new Service({}, 1, new Both()).both.kind];`,
    'barrel.ts': `export { Shape, value } from './shape.js'; export * from './deep.js'; export { Alias }; import { Alias } from './shape.js';`,
    'deep.ts': `type Deep = number; export { Deep }; export interface Both { more?: 1 } export class Both { kind = 'both' }`,
    'shape.ts': 'export interface Shape { a?: 1 } export type Alias = string; export const value: string = "value";',
  });
  const prepared = await prepareModule(project.url('tasks.ts'));
  assert.deepEqual(await reportOf(prepared), ['value', 'both']);
  project.write({
    'shape.ts': 'export class Shape { a?: 1 } export type Alias = string; export const value: string = "v";',
  });
  const namespace = await importModule((await prepareModule(project.url('tasks.ts'))).url);
  assert.deepEqual(Object.keys(namespace).sort(), ['Again', 'Shape', 'report', 'value'], 'the type has become a class');
});
