/** MIS-21, 22, 42 and 43: what people expect of retries, hooks and limits, and what happens. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Ignore, type TaskContext, type TaskOptions } from '../../core/app/public.js';
import { OutcomeKind } from '../../core/task/outcome-record.js';
import { resolveTaskOptions } from '../../core/task/resolve-task-options.js';
import { createSignals } from '../../core/task/signal-catalogue.js';
import { TaskRegistry } from '../../core/task/task-registry.js';
import { FeatureBench, failure } from '../support/feature-bench.js';
import * as tasks from '../support/members/feature-tasks.js';
import type { DeliveryParts } from '../support/task-delivery.js';
import { traceTask, type TraceOverrides } from '../support/traced-task.js';

let bench: FeatureBench;
before(async () => {
  bench = await FeatureBench.start();
});
after(() => bench.close());

function trace(
  run: (ctx: TaskContext) => unknown,
  options: TaskOptions,
  parts: DeliveryParts = {},
  more: TraceOverrides = {},
) {
  const registry = new TaskRegistry();
  registry.register({ name: 'shop.add', options: resolveTaskOptions('shop.add', { ...options, bind: true }), run });
  return traceTask(registry, parts, more);
}

test('MIS-21: maxRetries null in the call is "as the task says", and 3 retries are 4 runs', async () => {
  const run = (ctx: TaskContext) => ctx.retry({ maxRetries: null });
  const kind = async (retries: number) => (await trace(run, { maxRetries: 3 }, { headers: { retries } })).kind;
  assert.deepStrictEqual(
    [await kind(0), await kind(1), await kind(2), await kind(3)],
    [OutcomeKind.RETRY, OutcomeKind.RETRY, OutcomeKind.RETRY, OutcomeKind.FAILURE],
  );
});

test('MIS-22: nothing after retry() runs, and a catch around it keeps the retry from happening', async () => {
  let isReached = false;
  const run = (ctx: TaskContext) => {
    ctx.retry();
    isReached = true;
  };
  assert.equal((await trace(run, {})).kind, OutcomeKind.RETRY);
  assert.equal(isReached, false);
  const swallowed = await trace((ctx) => {
    try {
      ctx.retry();
    } catch {
      return 'swallowed';
    }
    return null;
  }, {});
  // Celery has sent the message by then; here it is sent when the run has ended so.
  assert.deepStrictEqual([swallowed.kind, swallowed.successors], [OutcomeKind.SUCCESS, []]);
});

test('MIS-42: afterReturn is skipped for retries and ignored tasks, task_postrun is not', async () => {
  for (const how of ['retry', 'ignore']) {
    const { id } = await tasks.hooked.delay(how);
    const said = await bench.heard(id, how === 'retry' ? 'onRetry' : 'run PENDING');
    assert.equal(
      said.slice(0, 3).some((word) => word.startsWith('afterReturn')),
      false,
    );
  }
  const signals = createSignals();
  const states: string[] = [];
  signals.taskPostrun.connect(({ state }) => states.push(state));
  const infos: unknown[] = [];
  const afterReturn: TaskOptions['afterReturn'] = (...call) => infos.push(call[5]);
  await trace((ctx) => ctx.retry(), { afterReturn }, {}, { signals });
  const ignored = () => {
    throw new Ignore();
  };
  await trace(ignored, { afterReturn }, {}, { signals });
  await trace(() => 1, { afterReturn }, {}, { signals });
  assert.deepStrictEqual([states, infos], [['RETRY', 'IGNORED', 'SUCCESS'], [null]]);
});

test('MIS-43: a body that does not look at its signal is stopped by the hard limit alone', async () => {
  assert.equal(await failure(tasks.deaf.delay()), 'TimeLimitExceeded');
});
