import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isBuiltinTask, registerBuiltinTasks } from '../../../core/task/builtin-tasks.js';
import { OutcomeKind } from '../../../core/task/outcome-record.js';
import { resolveTaskOptions } from '../../../core/task/resolve-task-options.js';
import { TaskRegistry } from '../../../core/task/task-registry.js';
import { traceTask } from '../../support/traced-task.js';

let cleanups = 0;
const outlet = { cleanUpResults: () => Promise.resolve(++cleanups) };

async function run(task: string, body: string, registry = new TaskRegistry()): Promise<unknown> {
  registerBuiltinTasks(registry, outlet);
  const { kind, document } = await traceTask(registry, { headers: { task }, body });
  return kind === OutcomeKind.SUCCESS ? document?.result : kind;
}

test('TASK-77 ping answers, accumulate gives its arguments or one of them, chain is no task', async () => {
  assert.equal(await run('celery.ping', '[[],{},null]'), 'pong');
  assert.deepStrictEqual(await run('celery.accumulate', '[[1,2],{},null]'), [1, 2]);
  assert.equal(await run('celery.accumulate', '[[1,2],{"index":1},null]'), 2);
  assert.equal(await run('celery.chain', '[[],{},null]'), OutcomeKind.FAILURE);
});

test('BKE-29 backend_cleanup asks the store to remove what has expired', async () => {
  const before = cleanups;
  assert.equal(await run('celery.backend_cleanup', '[[],{},null]'), null);
  assert.equal(cleanups, before + 1);
});

test("a task of the application's stands above one of ours", async () => {
  const registry = new TaskRegistry();
  registry.register({ name: 'celery.ping', options: resolveTaskOptions('celery.ping', {}), run: () => 'mine' });
  assert.equal(await run('celery.ping', '[[],{},null]', registry), 'mine');
  assert.deepStrictEqual([isBuiltinTask('celery.ping'), isBuiltinTask('shop.add')], [true, false]);
});
