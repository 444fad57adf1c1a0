/** RETRY-01 to RETRY-25: retries asked for and by themselves, in a real worker where that shows them best. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  Exchange,
  Ignore,
  OperationalError,
  Queue,
  Reject,
  Retry,
  type RetryOptions,
  type TaskContext,
  type TaskOptions,
} from '../../core/app/public.js';
import type { OutgoingMessage, Settlement } from '../../core/ports/transport.js';
import { OutcomeKind } from '../../core/task/outcome-record.js';
import { backoffSeconds } from '../../core/task/retry-policy.js';
import { resolveTaskOptions } from '../../core/task/resolve-task-options.js';
import { TaskRegistry } from '../../core/task/task-registry.js';
import { FeatureBench, ended, failure } from '../support/feature-bench.js';
import * as tasks from '../support/members/feature-tasks.js';
import { intakeBench } from '../support/intake-bench.js';
import { createApp } from '../support/sent-messages.js';
import { taskDelivery, type DeliveryParts } from '../support/task-delivery.js';
import { outcomeOf } from '../support/task-plan.js';
import { traceTask, type TraceOverrides } from '../support/traced-task.js';

let bench: FeatureBench;
before(async () => {
  bench = await FeatureBench.start();
});
after(() => bench.close());

const wait = { timeoutMs: 20_000 };

interface RetryCase {
  readonly retry?: RetryOptions;
  readonly options?: TaskOptions;
  readonly parts?: DeliveryParts;
  readonly overrides?: TraceOverrides;
}

/** A run that retries, without pool or broker. */
function retried({ retry = {}, options = {}, parts = {}, overrides = {} }: RetryCase) {
  const registry = new TaskRegistry();
  const run = (ctx: TaskContext) => ctx.retry(retry);
  registry.register({ name: 'shop.add', options: resolveTaskOptions('shop.add', { ...options, bind: true }), run });
  return traceTask(registry, parts, overrides);
}

/** A run that throws. */
function failed(thrown: Error, options: TaskOptions, parts: DeliveryParts = {}) {
  const registry = new TaskRegistry();
  const run = () => {
    throw thrown;
  };
  registry.register({ name: 'shop.add', options: resolveTaskOptions('shop.add', options), run });
  return traceTask(registry, parts);
}

test('RETRY-01: retry throws, takes other arguments, and returns the Retry with throw: false', async () => {
  const result = await tasks.retried.delay(4);
  assert.deepStrictEqual(await result.get(wait), [5, result.id, 1]);
  let returned: unknown = null;
  const registry = new TaskRegistry();
  const run = (ctx: TaskContext) => {
    returned = ctx.retry({ throw: false, countdown: 3 });
    return 'nothing is retried';
  };
  registry.register({ name: 'shop.add', options: resolveTaskOptions('shop.add', { bind: true }), run });
  const { kind, successors } = await traceTask(registry);
  assert.deepStrictEqual([kind, successors], [OutcomeKind.SUCCESS, []]);
  assert.ok(returned instanceof Retry);
  assert.equal(returned.when, 3);
  // What the call does not give stays as it is.
  const bodyOf = async (retry: RetryOptions) => {
    const { successors } = await retried({ retry, parts: { body: '[[2,3],{"by":4},{}]' } });
    return (JSON.parse(Buffer.from(successors[0]?.body ?? []).toString()) as readonly unknown[]).slice(0, 2);
  };
  assert.deepStrictEqual(await bodyOf({}), [[2, 3], { by: 4 }]);
  assert.deepStrictEqual(await bodyOf({ args: [9] }), [[9], { by: 4 }]);
  assert.deepStrictEqual(await bodyOf({ kwargs: { by: 5 } }), [[2, 3], { by: 5 }]);
});

test('RETRY-02: the retry is a new message with the same id, published before the first is acknowledged', async () => {
  const { kind, successors } = await retried({ retry: { countdown: 0 }, parts: { headers: { retries: 1 } } });
  assert.equal(kind, OutcomeKind.RETRY);
  assert.deepStrictEqual(
    successors.map(({ headers }) => [headers.table['id'], headers.table['retries']]),
    [['id-1', 2]],
  );
  const steps: string[] = [];
  const broker = {
    publish: (messages: readonly OutgoingMessage[]) => {
      steps.push(...messages.map(({ headers }) => `publish ${headers.table['id'] as string}`));
    },
    settle: (batch: readonly Settlement[]) => {
      steps.push(...batch.map(({ action }) => action));
    },
  };
  const { intake, pool, clock } = intakeBench({ broker });
  intake.receive([taskDelivery()]);
  for (const job of pool.jobs.keys())
    pool.end(job, () => job.onOutcome(OutcomeKind.RETRY, outcomeOf({ successorIds: ['id-1'] })));
  await clock.runUntilIdle();
  assert.deepStrictEqual(steps, ['publish id-1', 'ack']);
});

test('RETRY-03: when retries are used up the cause is thrown, or MaxRetriesExceeded', async () => {
  assert.equal(await failure(tasks.exhausted.delay()), 'MaxRetriesExceeded');
  const parts = { headers: { retries: 3 } };
  const { kind, document } = await retried({ retry: { exc: new RangeError('busy') }, parts });
  assert.equal(kind, OutcomeKind.FAILURE);
  assert.equal((document?.result as Record<string, unknown>)['exc_type'], 'ValueError');
  assert.deepStrictEqual((document?.result as Record<string, unknown>)['exc_message'], ['busy']);
  assert.equal((await retried({ options: { maxRetries: null }, parts })).kind, OutcomeKind.RETRY);
  assert.equal((await retried({ parts: { headers: { retries: 2 } } })).kind, OutcomeKind.RETRY);
  // The limit of the call stands above that of the task, in both directions.
  assert.equal((await retried({ retry: { maxRetries: 4 }, parts })).kind, OutcomeKind.RETRY);
  assert.equal((await retried({ retry: { maxRetries: 3 }, options: { maxRetries: 9 }, parts })).kind, kind);
  const used = await retried({ parts });
  assert.match(JSON.stringify(used.document?.result), /shop\.add.*id-1.*retried 3 times/);
});

test('RETRY-04: a task that is called as a function throws the cause at once', () => {
  assert.throws(() => tasks.waits(), /^RangeError: later/);
  assert.throws(() => tasks.exhausted(), Retry);
});

test('RETRY-05: without a time the default delay counts, and countdown 0 is at once', async () => {
  const waitOf = async (retry: RetryOptions, options: TaskOptions = { defaultRetryDelay: 50 }) => {
    const { successors } = await retried({ retry, options });
    const { notBeforeEpochMs = null } = successors[0] ?? {};
    return notBeforeEpochMs === null ? null : notBeforeEpochMs - 1_000_000;
  };
  assert.deepStrictEqual(
    [await waitOf({}), await waitOf({ countdown: 0 }), await waitOf({ countdown: 2 })],
    [50_000, null, 2_000],
  );
  assert.equal(await waitOf({}, {}), 180_000);
  // An instant stands above seconds.
  assert.equal(await waitOf({ eta: new Date(1_009_000), countdown: 2 }), 9_000);
});

test('RETRY-06: the retry keeps queue, ids, limits, priority and headers of its message, but nothing of the delivery', async () => {
  const kept = {
    ...{ group: 'g', group_index: 2, root_id: 'r', parent_id: 'p', expires: '2100-01-01T00:00:00+00:00', shadow: 's' },
    ...{ timelimit: [9, 5], stamps: { a: 1 }, stamped_headers: ['a'], origin: 'gen1@here', ignore_result: true },
    ...{ replaced_task_nesting: 1, tenant: 'x' },
  };
  const body = '[[2,3],{},{"callbacks":[{"task":"x"}],"errbacks":null,"chain":[{"task":"y"}],"chord":{"task":"z"}}]';
  const deaths = { 'x-death': 'gone', 'x-first-death-queue': 'celery', 'x-last-death-reason': 'rejected' };
  const headers = { ...kept, ...deaths, redelivered: true };
  const { successors } = await retried({ parts: { headers, body, properties: { priority: 7, replyTo: 'me' } } });
  const [message] = successors;
  const table = message?.headers.table ?? {};
  assert.deepStrictEqual(Object.fromEntries(Object.keys(kept).map((name) => [name, table[name]])), kept);
  for (const name of [...Object.keys(deaths), 'redelivered']) assert.equal(table[name], undefined, name);
  assert.deepStrictEqual(
    [message?.properties.priority, message?.properties.replyTo, message?.routingKey],
    [7, 'me', 'celery'],
  );
  assert.equal(Buffer.from(message?.body ?? []).toString(), body);
});

test('a retry that names a queue takes the way of a call to it, and is refused where that would be', async () => {
  const images = new Queue('images', { exchange: new Exchange('media', 'topic'), routingKey: 'media.images' });
  const app = createApp({ taskQueues: [images], taskCreateMissingQueues: false });
  const overrides = { followUps: app.followUps };
  const { successors } = await retried({ retry: { queue: 'images' }, overrides });
  assert.deepStrictEqual([successors[0]?.exchange, successors[0]?.routingKey], ['media', 'media.images']);
  const { kind, document } = await retried({ retry: { queue: 'nowhere' }, overrides });
  assert.equal(kind, OutcomeKind.FAILURE);
  assert.match(JSON.stringify(document?.result), /QueueNotFound/);
  await app.close();
});

test('RETRY-07: a retry that cannot be published rejects its message', async () => {
  const publish = () => Promise.reject(new OperationalError('gone'));
  const { kind, document } = await retried({ options: { onRetry: () => null }, overrides: { publish } });
  assert.deepStrictEqual([kind, document?.status], [OutcomeKind.REJECTED, 'FAILURE']);
});

test('RETRY-08: an eager retry runs at once, whatever its countdown, and its value comes back', async () => {
  const eager = await tasks.retried.apply({ args: [4] });
  const [value, , retries] = (await eager.get()) as readonly unknown[];
  assert.deepStrictEqual([value, retries], [5, 1]);
  const flaky = await tasks.flakyClass.apply({ args: [] });
  assert.equal(await flaky.get(), 2);
});

test('RETRY-09: the state RETRY has the error, and Retry says why and when', async () => {
  const cause = new RangeError('busy');
  const { document } = await retried({ retry: { cause, countdown: 3 } });
  assert.equal(document?.status, 'RETRY');
  assert.deepStrictEqual((document.result as Record<string, unknown>)['exc_message'], ['busy']);
  const retry = new Retry({ cause, countdown: 3 });
  assert.deepStrictEqual([retry.exc, retry.when, retry.isEager], [cause, 3, false]);
  assert.equal(retry.message, 'Retry in 3s: RangeError: busy');
  assert.ok((document.traceback ?? '').length > 0);
  const eta = new Date(5_000);
  const dated = new Retry({ eta, countdown: 3 }, { isEager: true });
  assert.deepStrictEqual([dated.exc, dated.when, dated.isEager], [null, eta, true]);
});

test('RETRY-10: a member of a group keeps its place when it is retried', async () => {
  const { successors } = await retried({ parts: { headers: { group: 'g', group_index: 4 } } });
  assert.deepStrictEqual(
    [successors[0]?.headers.table['group'], successors[0]?.headers.table['group_index']],
    ['g', 4],
  );
});

test('RETRY-20: errors of autoretryFor, by class or name, are retried by themselves, others fail', async () => {
  assert.equal(await ended(tasks.autoretried.delay()), 2);
  const kind = async (options: TaskOptions) => (await failed(new RangeError('no'), options)).kind;
  assert.equal(await kind({ autoretryFor: [RangeError] }), OutcomeKind.RETRY);
  assert.equal(await kind({ autoretryFor: [TypeError] }), OutcomeKind.FAILURE);
  assert.equal(await kind({ autoretryFor: ['RangeError'] }), OutcomeKind.RETRY);
  assert.equal(await kind({ autoretryFor: [Error] }), OutcomeKind.RETRY);
  assert.equal(await kind({ autoretryFor: [Error], dontAutoretryFor: ['RangeError'] }), OutcomeKind.FAILURE);
  assert.equal(await kind({ autoretryFor: [Error], dontAutoretryFor: [RangeError] }), OutcomeKind.FAILURE);
  // What steers the task passes through.
  assert.equal((await failed(new Ignore(), { autoretryFor: [Error] })).kind, OutcomeKind.IGNORED);
  assert.equal((await failed(new Reject('no'), { autoretryFor: [Error] })).kind, OutcomeKind.REJECTED);
  const asked = await failed(new Retry({ countdown: 4 }), { autoretryFor: [Error], retryKwargs: { countdown: 7 } });
  assert.equal(asked.successors[0]?.notBeforeEpochMs, 1_004_000);
  // The error is the reason of the retry.
  const { document } = await failed(new RangeError('no'), { autoretryFor: [RangeError] });
  assert.deepStrictEqual(
    [document?.status, (document?.result as Record<string, unknown>)['exc_message']],
    ['RETRY', ['no']],
  );
});

test('RETRY-21: back-off doubles from its factor to its bound, drawn from 0 with jitter', () => {
  const seconds = (options: TaskOptions, retries: number, drawn: number) =>
    backoffSeconds(resolveTaskOptions('t', options), retries, { float: () => drawn, fill: () => undefined });
  const exact = { retryBackoff: 2.9, retryBackoffMax: 9, retryJitter: false };
  assert.deepStrictEqual(
    [0, 1, 2, 3].map((retries) => seconds(exact, retries, 0)),
    [2, 4, 8, 9],
  );
  assert.deepStrictEqual(
    [0, 0.5, 0.999].map((drawn) => seconds({ retryBackoff: true }, 2, drawn)),
    [0, 2, 4],
  );
  // A factor is at least 1, the usual bound is 600 s.
  assert.deepStrictEqual(
    [0, 3, 20].map((retries) => seconds({ retryBackoff: 0.4, retryJitter: false }, retries, 0)),
    [1, 8, 600],
  );
});

test('RETRY-22: without back-off the countdown of retryKwargs counts, else the default delay', async () => {
  const waitOf = async (options: TaskOptions) => {
    const { successors } = await failed(new RangeError('no'), { autoretryFor: [RangeError], ...options });
    return (successors[0]?.notBeforeEpochMs ?? 0) - 1_000_000;
  };
  assert.deepStrictEqual([await waitOf({}), await waitOf({ retryKwargs: { countdown: 7 } })], [180_000, 7_000]);
  assert.equal(await waitOf({ defaultRetryDelay: 20 }), 20_000);
  assert.equal(await waitOf({ defaultRetryDelay: 20, retryKwargs: { countdown: 7 } }), 7_000);
});

test('RETRY-23: maxRetries of retryKwargs stands above that of the task', async () => {
  const options = { autoretryFor: [RangeError], maxRetries: 9, retryKwargs: { maxRetries: 1 } };
  const kind = async (retries: number, given: TaskOptions = options) =>
    (await failed(new RangeError('no'), given, { headers: { retries } })).kind;
  assert.deepStrictEqual([await kind(0), await kind(1)], [OutcomeKind.RETRY, OutcomeKind.FAILURE]);
  const more = { ...options, maxRetries: 1, retryKwargs: { maxRetries: 4 } };
  assert.deepStrictEqual([await kind(3, more), await kind(4, more)], [OutcomeKind.RETRY, OutcomeKind.FAILURE]);
});

test('RETRY-24: class tasks are retried by themselves too', async () => {
  assert.equal(await ended(tasks.flakyClass.delay()), 2);
});

test('RETRY-25: publishing has a retry policy of its own, whatever the retries of the task', async () => {
  const policy = { maxRetries: 1, intervalStart: 0, intervalStep: 0, intervalMax: 0 };
  const app = createApp({ taskPublishRetryPolicy: policy });
  const transport = await app.connections.transport();
  let tries = 0;
  transport.publish = () => {
    tries++;
    return Promise.reject(new OperationalError('gone'));
  };
  const task = app.task('t', { maxRetries: 0, autoretryFor: [OperationalError] }, () => 1);
  await assert.rejects(task.delay(), OperationalError);
  assert.equal(tries, 2);
  await app.close();
});
