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

test('stacks of other modules stay as they are, and a second call changes nothing', () => {
  mapStacks();
  const once = new RangeError('plain').stack;
  mapStacks();
  mapStacks();
  const twice = new RangeError('plain').stack;
  assert.match(once ?? '', /^RangeError: plain\n {4}at .*stack-mapping\.test\.js:\d+:\d+/);
  assert.equal(withoutPlaces(twice), withoutPlaces(once));
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
