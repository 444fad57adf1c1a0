import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ResultDocument } from '../../../core/protocol/result-document.js';
import { formatInstant } from '../../../core/protocol/iso-instant.js';
import { currentTask } from '../../../core/task/current-task.js';
import { OutcomeKind } from '../../../core/task/outcome-record.js';
import { Ignore, Reject } from '../../../core/task/control-flow.js';
import type { TaskContext } from '../../../core/task/task-context.js';
import { resolveTaskOptions } from '../../../core/task/resolve-task-options.js';
import type { TaskOptions } from '../../../core/task/task-options.js';
import { TaskRegistry } from '../../../core/task/task-registry.js';
import type { DeliveryParts } from '../../support/task-delivery.js';
import { traceTask, type TracedRun, type TraceOverrides } from '../../support/traced-task.js';
import { VirtualClock } from '../../support/virtual-clock.js';

type Body = (...args: never[]) => unknown;

function trace(
  run: Body,
  options: TaskOptions = {},
  parts: DeliveryParts = {},
  overrides: TraceOverrides = {},
): Promise<TracedRun> {
  const registry = new TaskRegistry();
  registry.register({ name: 'shop.add', options: resolveTaskOptions('shop.add', options), run });
  return traceTask(registry, parts, overrides);
}

function excType(document: ResultDocument | null): unknown {
  return (document?.result as { exc_type?: unknown } | undefined)?.exc_type;
}

function thrower(thrown: unknown): Body {
  return () => {
    throw thrown;
  };
}

test('a value, now or later, is SUCCESS', async () => {
  for (const run of [(a: number, b: number) => a + b, (a: number, b: number) => Promise.resolve(a + b)]) {
    const { kind, document } = await trace(run);
    assert.equal(kind, OutcomeKind.SUCCESS);
    assert.deepStrictEqual([document?.status, document?.result, document?.taskId], ['SUCCESS', 5, 'id-1']);
  }
});

test('NM-14 keyword arguments find the parameters that have a name', async () => {
  const run = (...args: unknown[]) => args;
  const body = '[[1],{"c":3},null]';
  assert.deepStrictEqual((await trace(run, { params: ['a', 'b', 'c'] }, { body })).document?.result, [1, null, 3]);
  assert.deepStrictEqual((await trace(run, {}, { body })).document?.result, [1, { c: 3 }]);
  for (const [kwargs, words] of [
    ['{"z":1}', /unexpected keyword/],
    ['{"a":1}', /multiple values/],
  ] as const) {
    const wrong = await trace(run, { params: ['a'] }, { body: `[[1],${kwargs},null]` });
    assert.equal(wrong.kind, OutcomeKind.FAILURE);
    assert.match(wrong.note, words);
  }
});

test('bind gives the context, and it is the current task across awaits', async () => {
  const run = async (ctx: TaskContext) => {
    await Promise.resolve();
    return [ctx.request.id, ctx.request.retries, ctx.request.hostname, currentTask() === ctx];
  };
  const { document } = await trace(run, { bind: true }, { headers: { retries: 2 } });
  assert.deepStrictEqual(document?.result, ['id-1', 2, 'celery@here', true]);
  assert.equal(currentTask(), null);
});

test('what is thrown, now or later, is FAILURE with type, message and stack', async () => {
  class Odd extends Error {
    readonly size = 7n;
    readonly at = new Date(0);
  }
  for (const run of [thrower(new Odd('why')), () => Promise.reject(new Odd('why'))]) {
    const { kind, document, note } = await trace(run);
    assert.equal(kind, OutcomeKind.FAILURE);
    assert.equal(excType(document), 'Odd');
    assert.match(document?.traceback ?? '', /trace\.test/);
    assert.match(note, /why/);
  }
});

test('nothing that user code throws or returns escapes the trace', async () => {
  const hostile: Body[] = [
    thrower(undefined),
    thrower(Symbol('x')),
    thrower(Object.create(null)),
    thrower({
      toString: () => {
        throw new Error('no');
      },
    }),
    thrower(Object.defineProperty(new Error('x'), 'stack', { get: thrower(new Error('no')) })),
    thrower(Object.assign(new Error('x'), { self: 1n, nested: { deep: [2n] }, not: NaN })),
    () => Object.defineProperty({}, 'then', { get: thrower(new Error('then')) }),
    () => ({ then: thrower(new Error('then')) }),
    () => () => 'a function',
    () => {
      const loop: { self?: unknown } = {};
      loop.self = loop;
      return loop;
    },
  ];
  for (const [i, run] of hostile.entries()) {
    const { kind, document } = await trace(run, { autoretryFor: [RangeError] });
    assert.equal(kind, OutcomeKind.FAILURE, `case ${String(i)}`);
    assert.equal(document?.status, 'FAILURE', `case ${String(i)}`);
  }
});

test('TASK-53 a result that cannot be encoded fails the task', async () => {
  const { kind, document } = await trace(() => ({ callback: () => 1 }));
  assert.equal(kind, OutcomeKind.FAILURE);
  assert.equal(excType(document), 'EncodeError');
});

test('a body that cannot be read is UNREADABLE, with a FAILURE for whoever waits', async () => {
  for (const body of ['', '{"task":"a"}', '[[],{}]', '[1,{},null]']) {
    const { kind, document } = await trace(() => 1, {}, { body });
    assert.equal(kind, OutcomeKind.UNREADABLE, body);
    assert.equal(document?.status, 'FAILURE');
  }
});

test('a task that the member does not know is FAILURE', async () => {
  const { kind, document } = await trace(() => 1, {}, { headers: { task: 'other' } });
  assert.deepStrictEqual([kind, excType(document)], [OutcomeKind.FAILURE, 'NotRegistered']);
});

test('TASK-75 Ignore stores nothing', async () => {
  const { kind, document, note } = await trace(thrower(new Ignore('not today')));
  assert.deepStrictEqual([kind, document, note], [OutcomeKind.IGNORED, null, 'not today']);
});

test('ACK-05 Reject is a FAILURE; with requeue it stores nothing', async () => {
  const rejected = await trace(thrower(new Reject('bad')));
  assert.deepStrictEqual([rejected.kind, rejected.document?.status], [OutcomeKind.REJECTED, 'FAILURE']);
  const requeued = await trace(thrower(new Reject('again', { requeue: true })));
  assert.deepStrictEqual([requeued.kind, requeued.document], [OutcomeKind.REQUEUED, null]);
});

test('RETRY-02, 06 a retry is a message with the same id and one retry more, to the same queue', async () => {
  const clock = new VirtualClock();
  const run = (ctx: TaskContext) => {
    throw ctx.retry({ countdown: 5, cause: new RangeError('busy') });
  };
  const headers = { retries: 1, 'x-mine': 'kept', 'x-death': [], redelivered: true, parent_id: 'p' };
  const { kind, document, successors } = await trace(run, { bind: true }, { headers }, { clock });
  assert.equal(kind, OutcomeKind.RETRY);
  assert.deepStrictEqual([document?.status, excType(document)], ['RETRY', 'ValueError']);
  const [message] = successors;
  assert.ok(message);
  const table = message.headers.table;
  assert.deepStrictEqual(
    [table['id'], table['retries'], table['x-mine'], table['parent_id'], table['eta']],
    ['id-1', 2, 'kept', 'p', formatInstant(clock.nowEpochMs() + 5_000)],
  );
  assert.equal('x-death' in table || 'redelivered' in table, false);
  assert.deepStrictEqual([message.routingKey, message.notBeforeEpochMs], ['celery', clock.nowEpochMs() + 5_000]);
  assert.equal(Buffer.from(message.body).toString(), '[[2,3],{},null]');
});

test('RETRY-03 used-up retries fail with the cause, else with MaxRetriesExceeded', async () => {
  const run = (cause?: Error) => (ctx: TaskContext) => {
    throw ctx.retry(cause === undefined ? {} : { cause });
  };
  const headers = { retries: 3 };
  const plain = await trace(run(), { bind: true }, { headers });
  assert.deepStrictEqual([plain.kind, excType(plain.document)], [OutcomeKind.FAILURE, 'MaxRetriesExceededError']);
  assert.equal(excType((await trace(run(new RangeError('x')), { bind: true }, { headers })).document), 'ValueError');
});

test('RETRY-20 autoretryFor retries its classes and no others', async () => {
  const options = { autoretryFor: [RangeError], retryBackoff: 2, retryJitter: false };
  const clock = new VirtualClock();
  const retried = await trace(thrower(new RangeError('x')), options, { headers: { retries: 2 } }, { clock });
  assert.equal(retried.kind, OutcomeKind.RETRY);
  assert.equal(retried.successors[0]?.notBeforeEpochMs, clock.nowEpochMs() + 8_000);
  assert.equal((await trace(thrower(new TypeError('x')), options)).kind, OutcomeKind.FAILURE);
  const never = { autoretryFor: [Error], dontAutoretryFor: [RangeError] };
  assert.equal((await trace(thrower(new RangeError('x')), never)).kind, OutcomeKind.FAILURE);
  assert.equal((await trace(thrower(new Ignore('x')), never)).kind, OutcomeKind.IGNORED);
});

test('a countdown beyond the calendar fails the task, not the member', async () => {
  const run = (ctx: TaskContext) => {
    throw ctx.retry({ countdown: 1e15 });
  };
  assert.equal((await trace(run, { bind: true })).kind, OutcomeKind.FAILURE);
});

test('CALL-18 the message decides on the result, then the task, then the setting', async () => {
  const stored = async (header: boolean | null, task: boolean | null, setting: boolean) => {
    const options = task === null ? {} : { ignoreResult: task };
    const parts = header === null ? {} : { headers: { ignore_result: header } };
    return (await trace(() => 1, options, parts, { ignoreResult: setting })).document !== null;
  };
  assert.equal(await stored(false, true, true), true);
  assert.equal(await stored(true, false, false), false);
  assert.equal(await stored(null, false, true), true);
  assert.equal(await stored(null, null, true), false);
});

test('TASK-64 progress that cannot be stored harms only whoever awaits it', async () => {
  const writeState = () => Promise.reject(new Error('the store is down'));
  const careless = (ctx: TaskContext) => {
    void ctx.updateState('PROGRESS', { done: 1 });
    return 'done';
  };
  const { kind, states } = await trace(careless, { bind: true }, {}, { writeState });
  assert.equal(kind, OutcomeKind.SUCCESS);
  assert.deepStrictEqual(states, [['PROGRESS', { done: 1 }, null]]);
  const careful = (ctx: TaskContext) => ctx.updateState('PROGRESS');
  assert.equal((await trace(careful, { bind: true }, {}, { writeState })).kind, OutcomeKind.FAILURE);
});
