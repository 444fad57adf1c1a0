import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { prepareModule } from '../../../core/loader/prepare-module.js';
import { mapStacks } from '../../../core/loader/stack-mapping.js';
import { createProject } from './project-on-disk.js';

test('a formatter of the user goes on formatting and gets frames that tell the source', async (t) => {
  const project = createProject(t, {
    'tasks.ts': 'type Gone = 1;\n\nexport const fail = (): string => new Error("x").stack as string;',
  });
  const { url } = await prepareModule(project.url('tasks.ts'));
  const importer = new URL('../../../core/loader/import-module.js', import.meta.url).href;
  const worker = new Worker(
    `Error.prepareStackTrace = (error, [frame]) =>
       [frame.getFileName(), frame.getScriptNameOrSourceURL(), frame.getLineNumber(), frame.getColumnNumber(), frame.isNative()].join(' ');
     import(${JSON.stringify(importer)})
       .then(({ importModule }) => importModule(new URL(${JSON.stringify(url.href)})))
       .then(({ fail }) => require('node:worker_threads').parentPort.postMessage(fail()));`,
    { eval: true },
  );
  const [stack] = (await once(worker, 'message')) as [string];
  const source = project.url('tasks.ts').href;
  assert.equal(stack, `${source} ${source} 3 35 false`);
});

test('JavaScript with its map beside it shows its source, and a second call changes nothing', () => {
  mapStacks();
  const once = new RangeError('plain').stack;
  mapStacks();
  mapStacks();
  const twice = new RangeError('plain').stack;
  assert.match(once ?? '', /^RangeError: plain\n {4}at .*\/test\/unit\/loader\/stack-mapping\.test\.ts:\d+:\d+/);
  assert.equal(withoutPlaces(twice), withoutPlaces(once));
});

test('stacks of packages, and of modules with no map or a useless one, stay as they are', async (t) => {
  const fail = 'module.exports = () => new Error("x").stack.split("\\n")[1];';
  const useful = JSON.stringify({ version: 3, sources: ['../src/a.ts'], names: [], mappings: 'AAAA' });
  const bundled = JSON.stringify({ version: 3, sources: ['webpack://a/b.ts'], names: [], mappings: 'AAAA' });
  const project = createProject(t, {
    'package.json': '{ "type": "commonjs" }',
    'out/mapped.js': fail,
    'out/mapped.js.map': useful,
    'bundled.js': fail,
    'bundled.js.map': bundled,
    'bare.js': fail,
    'damaged.js': fail,
    'damaged.js.map': '{',
    'node_modules/dep/index.js': fail,
    'node_modules/dep/index.js.map': useful,
  });
  mapStacks();
  const frameOf = async (name: string): Promise<string> => {
    const { default: report } = (await import(project.url(name).href)) as { readonly default: () => string };
    return report().trim();
  };
  assert.equal(await frameOf('out/mapped.js'), `at module.exports (${project.path('src/a.ts')}:1:1)`);
  assert.equal(await frameOf('bundled.js'), 'at module.exports (webpack://a/b.ts:1:1)');
  for (const name of ['bare.js', 'damaged.js', 'node_modules/dep/index.js']) {
    assert.equal(await frameOf(name), `at module.exports (${project.path(name)}:1:24)`);
  }
});

test('errors of Node keep their form', () => {
  mapStacks();
  assert.throws(
    () => new URL('not a URL'),
    ({ stack }: Error) => /^TypeError.*: Invalid URL\n {4}at new URL/.test(stack ?? ''),
  );
});

function withoutPlaces(stack: string | undefined): string | undefined {
  return stack?.replaceAll(/:\d+:\d+/g, '');
}
