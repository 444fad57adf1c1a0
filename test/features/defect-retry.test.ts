/** BUG-04 and BUG-05: what of automatic retries Celery does otherwise than one expects, and what celeriac does. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OutcomeKind } from '../../core/task/outcome-record.js';
import { resolveTaskOptions } from '../../core/task/resolve-task-options.js';
import { TaskRegistry } from '../../core/task/task-registry.js';
import { traceTask } from '../support/traced-task.js';

function fail(): never {
  throw new RangeError('no');
}

test('BUG-04: values of retryKwargs do not leak from run to run or task to task', async () => {
  const shared = { countdown: 5 };
  const registry = new TaskRegistry();
  const options = { autoretryFor: [RangeError], retryKwargs: shared };
  registry.register({ name: 'one', options: resolveTaskOptions('one', { ...options, retryBackoff: 40 }), run: fail });
  registry.register({ name: 'two', options: resolveTaskOptions('two', options), run: fail });
  await traceTask(registry, { headers: { task: 'one' } });
  const { successors } = await traceTask(registry, { headers: { task: 'two' } });
  assert.equal(successors[0]?.notBeforeEpochMs, 1_005_000);
  assert.deepStrictEqual(shared, { countdown: 5 });
});

test('BUG-05: autoretryFor without back-off waits 180 s, as Celery', async () => {
  const registry = new TaskRegistry();
  const options = resolveTaskOptions('shop.add', { autoretryFor: [RangeError] });
  registry.register({ name: 'shop.add', options, run: fail });
  const { kind, successors } = await traceTask(registry);
  assert.deepStrictEqual([kind, successors[0]?.notBeforeEpochMs], [OutcomeKind.RETRY, 1_180_000]);
});
