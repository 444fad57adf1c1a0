import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import type { OutgoingMessage } from '../../../core/ports/transport.js';
import { HeaderBlock } from '../../../core/kernel/header-block.js';
import { Ignore, Reject } from '../../../core/task/control-flow.js';
import { currentTask } from '../../../core/task/current-task.js';
import type { FollowUps } from '../../../core/task/follow-ups.js';
import { OutcomeKind } from '../../../core/task/outcome-record.js';
import { resolveTaskOptions } from '../../../core/task/resolve-task-options.js';
import { createSignals, type SignalTable } from '../../../core/task/signal-catalogue.js';
import type { TaskContext } from '../../../core/task/task-context.js';
import type { TaskOptions } from '../../../core/task/task-options.js';
import { TaskRegistry } from '../../../core/task/task-registry.js';
import { jsonProperties, type DeliveryParts } from '../../support/task-delivery.js';
import { traceTask, type TraceOverrides } from '../../support/traced-task.js';

type Body = (...args: never[]) => unknown;

interface Case {
  readonly run: Body;
  readonly options?: TaskOptions;
  readonly parts?: DeliveryParts;
  readonly overrides?: TraceOverrides;
}

function trace({ run, options = {}, parts = {}, overrides = {} }: Case) {
  const registry = new TaskRegistry();
  registry.register({ name: 'shop.add', options: resolveTaskOptions('shop.add', options), run });
  return traceTask(registry, parts, overrides);
}

/** Hooks and receivers that note when they are called, between the publishes and stores of the run. */
function noted(order: string[]): { readonly hooks: TaskOptions; readonly signals: SignalTable } {
  const note = (name: string) => (): void => void order.push(name);
  const signals = createSignals();
  signals.taskPrerun.connect(note('prerun'));
  signals.taskPostrun.connect(({ state }) => order.push(`postrun ${state}`));
  signals.taskSuccess.connect(note('success'));
  signals.taskFailure.connect(note('failure'));
  signals.taskRetry.connect(note('retry'));
  signals.taskInternalError.connect(note('internal-error'));
  const hooks = {
    beforeStart: note('beforeStart'),
    onSuccess: note('onSuccess'),
    onFailure: note('onFailure'),
    onRetry: note('onRetry'),
    afterReturn: (status: string) => void order.push(`afterReturn ${status}`),
  };
  return { hooks, signals };
}

const follower: OutgoingMessage = {
  exchange: '',
  routingKey: 'follower',
  headers: HeaderBlock.fromTable({}),
  properties: jsonProperties,
  body: new Uint8Array(0),
  notBeforeEpochMs: null,
};

const followUps: Partial<FollowUps> = { afterSuccess: () => [follower], afterFailure: () => [follower] };
const embedded = { body: '[[2,3],{},{"callbacks":[{"task":"x"}],"errbacks":null,"chain":null,"chord":null}]' };

test('TASK-50, 51 hooks, publishes, store and signals of a success come in this order', async () => {
  const order: string[] = [];
  const { hooks, signals } = noted(order);
  const run = () => order.push('run');
  const traced = await trace({ run, options: hooks, parts: embedded, overrides: { signals, followUps, order } });
  assert.deepStrictEqual(order, [
    'prerun',
    'beforeStart',
    'run',
    'publish follower',
    'store SUCCESS',
    'onSuccess',
    'success',
    'afterReturn SUCCESS',
    'postrun SUCCESS',
  ]);
  // What has left already is not sent a second time.
  assert.deepStrictEqual([traced.kind, traced.document, traced.successors], [OutcomeKind.SUCCESS, null, []]);
});

test('TASK-54, 55, 56 a failure, a retry and Ignore have theirs', async () => {
  const thrown: readonly [Body, number, readonly string[]][] = [
    [
      () => {
        throw new RangeError('no');
      },
      OutcomeKind.FAILURE,
      ['publish follower', 'store FAILURE', 'onFailure', 'failure', 'afterReturn FAILURE', 'postrun FAILURE'],
    ],
    [
      (ctx: TaskContext) => ctx.retry({ countdown: 1 }),
      OutcomeKind.RETRY,
      ['publish celery', 'store RETRY', 'onRetry', 'retry', 'postrun RETRY'],
    ],
    [
      () => {
        throw new Ignore();
      },
      OutcomeKind.IGNORED,
      ['postrun IGNORED'],
    ],
    [
      () => {
        throw new Reject('later', { requeue: true });
      },
      OutcomeKind.REQUEUED,
      ['postrun REJECTED'],
    ],
  ];
  for (const [run, kind, rest] of thrown) {
    const order: string[] = [];
    const { hooks, signals } = noted(order);
    const options = { ...hooks, bind: true };
    const traced = await trace({ run, options, parts: embedded, overrides: { signals, followUps, order } });
    assert.deepStrictEqual(order, ['prerun', 'beforeStart', ...rest]);
    assert.equal(traced.kind, kind);
  }
});

test('without hooks or receivers callbacks leave with the outcome', async () => {
  const traced = await trace({ run: () => 1, parts: embedded, overrides: { followUps } });
  assert.deepStrictEqual(
    [traced.document?.status, traced.successors.map(({ routingKey }) => routingKey), traced.published],
    ['SUCCESS', ['follower'], []],
  );
});

test('hooks run in the context of the run and are awaited', async () => {
  const seen: unknown[] = [];
  const onSuccess = async (value: unknown, id: string, args: readonly unknown[]) => {
    await new Promise(setImmediate);
    seen.push(value, id, args, currentTask()?.request.id);
  };
  await trace({ run: (a: number, b: number) => a + b, options: { onSuccess } });
  assert.deepStrictEqual(seen, [5, 'id-1', [2, 3], 'id-1']);
});

test('what beforeStart throws fails the task, and is not retried by itself', async () => {
  let runs = 0;
  const beforeStart = () => {
    throw new RangeError('not today');
  };
  const { kind, document } = await trace({ run: () => ++runs, options: { beforeStart, autoretryFor: [RangeError] } });
  assert.deepStrictEqual([kind, document?.status, runs], [OutcomeKind.FAILURE, 'FAILURE', 0]);
});

test('TASK-57 an error in a hook is an internal error: the result stays, the worker hears of a failure', async () => {
  const order: string[] = [];
  const { signals } = noted(order);
  const onSuccess = () => {
    throw new Error('hook');
  };
  const traced = await trace({ run: () => 1, options: { onSuccess }, overrides: { signals, order } });
  assert.deepStrictEqual(order, ['prerun', 'store SUCCESS', 'internal-error', 'postrun SUCCESS']);
  assert.deepStrictEqual([traced.kind, traced.document], [OutcomeKind.FAILURE, null]);
  assert.match(traced.note, /hook/);
});

test('a receiver that fails harms nothing', async () => {
  const signals = createSignals();
  const warnings: unknown[] = [];
  const listen = (warning: Error): void => void warnings.push(warning.message);
  process.on('warning', listen);
  signals.taskSuccess.connect(() => {
    throw new Error('receiver');
  });
  const traced = await trace({ run: () => 1, overrides: { signals } });
  await new Promise(setImmediate);
  process.off('warning', listen);
  assert.equal(traced.kind, OutcomeKind.SUCCESS);
  assert.deepStrictEqual(warnings, ['a receiver of the signal taskSuccess failed']);
});

test('a store that fails leaves the result to the outcome', async () => {
  const storeResult = () => Promise.reject(new Error('down'));
  const traced = await trace({ run: () => 1, options: { onSuccess: () => 1 }, overrides: { storeResult } });
  assert.deepStrictEqual([traced.kind, traced.document?.result], [OutcomeKind.SUCCESS, 1]);
});

test('RETRY-07 a retry that cannot be published rejects the message', async () => {
  const publish = () => Promise.reject(new Error('no broker'));
  const run = (ctx: TaskContext) => ctx.retry();
  const options = { bind: true, onRetry: () => 1 };
  const traced = await trace({ run, options, overrides: { publish } });
  assert.deepStrictEqual([traced.kind, traced.document?.status], [OutcomeKind.REJECTED, 'FAILURE']);
});

test('callbacks that cannot be built fail the task', async () => {
  const broken: Partial<FollowUps> = {
    afterSuccess: () => {
      throw new Error('no such task');
    },
    afterFailure: () => [],
  };
  const traced = await trace({ run: () => 1, parts: embedded, overrides: { followUps: broken } });
  assert.deepStrictEqual([traced.kind, traced.document?.status], [OutcomeKind.FAILURE, 'FAILURE']);
});

test('TASK-26 arguments and result pass their schemas, awaited, or fail the task', async () => {
  const args = z.tuple([z.coerce.number(), z.number().refine((b) => Promise.resolve(b < 10))]);
  const schema = { args, result: z.number().transform(String) };
  const run = (a: number, b: number) => a + b;
  const good = await trace({ run, options: { schema }, parts: { body: '[["2",3],{},null]' } });
  assert.equal(good.document?.result, '5');
  const bad = await trace({ run, options: { schema }, parts: { body: '[[2,30],{},null]' } });
  const { exc_type: type, exc_message: message } = bad.document?.result as Record<string, unknown>;
  assert.equal(type, 'InvalidTaskError');
  assert.match(JSON.stringify(message), /"path":\["1"\]/);
});

test('keyword arguments with a schema are the last parameter, there in every call', async () => {
  const schema = { kwargs: z.object({ by: z.number().default(2) }) };
  const run = (a: number, { by }: { readonly by: number }) => a * by;
  const traced = (body: string) => trace({ run, options: { schema }, parts: { body } });
  assert.equal((await traced('[[4],{},null]')).document?.result, 8);
  assert.equal((await traced('[[4],{"by":3},null]')).document?.result, 12);
  assert.equal((await traced('[[4],{"by":"x"},null]')).kind, OutcomeKind.FAILURE);
});
