import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HeaderBlock } from '../../../core/kernel/header-block.js';
import { TimeLimitExceeded, WorkerLostError } from '../../../core/kernel/errors.js';
import { childTaskId } from '../../../core/kernel/ids.js';
import type { OutgoingMessage } from '../../../core/ports/transport.js';
import { HeadWriter } from '../../../core/task/delivery-info.js';
import { decodeEpilogue, encodeEpilogue, isEpilogue } from '../../../core/task/epilogue.js';
import type { FollowUps } from '../../../core/task/follow-ups.js';
import { OutcomeKind } from '../../../core/task/outcome-record.js';
import { resolveTaskOptions } from '../../../core/task/resolve-task-options.js';
import { createSignals } from '../../../core/task/signal-catalogue.js';
import type { TaskOptions } from '../../../core/task/task-options.js';
import { TaskRegistry } from '../../../core/task/task-registry.js';
import { jsonProperties, taskDelivery, type DeliveryParts } from '../../support/task-delivery.js';
import { traceTask, type TraceOverrides } from '../../support/traced-task.js';

const lost = new WorkerLostError('the member exited\nwith "7"');

/** The epilogue of a task whose body must not run again. */
function epilogue(options: TaskOptions = {}, overrides: TraceOverrides = {}, parts: DeliveryParts = {}) {
  const registry = new TaskRegistry();
  const run = (): never => assert.fail('the body runs in an epilogue');
  registry.register({ name: 'shop.add', options: resolveTaskOptions('shop.add', options), run });
  return traceTask(registry, parts, { endedBy: lost, ...overrides });
}

function errback(id: string): OutgoingMessage {
  const headers = HeaderBlock.fromTable({ id });
  const rest = { properties: jsonProperties, body: new Uint8Array(0), notBeforeEpochMs: null };
  return { exchange: '', routingKey: 'errbacks', headers, ...rest };
}

const followUps: Partial<FollowUps> = { afterSuccess: () => [], afterFailure: ({ nextId }) => [errback(nextId())] };
const embedded = { body: '[[2,3],{},{"callbacks":null,"errbacks":[{"task":"x"}],"chain":null,"chord":null}]' };

test('the line before a head carries either error, and only such a head is an epilogue', () => {
  const head = new HeadWriter().write(taskDelivery());
  for (const error of [lost, new TimeLimitExceeded(1.5)]) {
    const marked = encodeEpilogue(error, head);
    assert.equal(isEpilogue(marked), true);
    const decoded = decodeEpilogue(marked);
    assert.equal(decoded.head, head);
    assert.deepStrictEqual([decoded.error.constructor, decoded.error.message], [error.constructor, error.message]);
  }
  assert.equal(isEpilogue(head), false);
  const { correlationId: _, ...rest } = jsonProperties;
  assert.equal(
    isEpilogue(new HeadWriter().write(taskDelivery({ properties: { ...rest, correlationId: null } }))),
    false,
  );
});

test('TASK-54 errbacks, store, onFailure, taskFailure and afterReturn of an end that the host decided, without its body', async () => {
  const order: string[] = [];
  const signals = createSignals();
  signals.taskFailure.connect(({ exception }) => order.push(`taskFailure ${String(exception)}`));
  for (const name of ['taskPrerun', 'taskPostrun', 'taskSuccess', 'taskRetry', 'taskInternalError'] as const) {
    signals[name].connect(() => order.push(name));
  }
  const options: TaskOptions = {
    beforeStart: () => order.push('beforeStart'),
    onFailure: (error, id, args) => order.push(`onFailure ${(error as Error).name} ${id} ${String(args)}`),
    afterReturn: (status) => order.push(`afterReturn ${status}`),
  };
  const traced = await epilogue(options, { signals, followUps, order }, embedded);
  const id = taskDelivery().headers.table['id'] as string;
  assert.deepStrictEqual(order, [
    'publish errbacks',
    'store FAILURE',
    `onFailure WorkerLostError ${id} 2,3`,
    `taskFailure WorkerLostError: ${lost.message}`,
    'afterReturn FAILURE',
  ]);
  assert.deepStrictEqual([traced.kind, traced.document, traced.successors], [OutcomeKind.FAILURE, null, []]);
});

test('an epilogue that nothing listens to carries errbacks and document in its outcome', async () => {
  const { kind, document, successors, published } = await epilogue({}, { followUps }, embedded);
  assert.equal(kind, OutcomeKind.FAILURE);
  assert.equal(document?.status, 'FAILURE');
  assert.deepStrictEqual([successors.length, published.length], [1, 0]);
});

test('a plain task has its document and nothing else; without results not even that', async () => {
  const plain = await epilogue({}, { endedBy: new TimeLimitExceeded(2) });
  assert.match(JSON.stringify(plain.document?.result), /TimeLimitExceeded/);
  assert.equal((await epilogue({ ignoreResult: true })).document, null);
});

test('what an epilogue publishes has other ids than what the body has published', async () => {
  const { successors } = await epilogue({}, { followUps }, embedded);
  const taken = Array.from({ length: 100 }, (_, n) => childTaskId('id-1', 0, n) as string);
  const id = successors[0]?.headers.table['id'] as string;
  assert.equal(taken.includes(id), false);
  assert.equal((await epilogue({}, { followUps }, embedded)).successors[0]?.headers.table['id'], id);
});

test('a body that cannot be read, or a task that is unknown here, still has its FAILURE', async () => {
  const onFailure = (): never => assert.fail('without arguments there is nothing to say to a hook');
  const unreadable = await epilogue({ onFailure }, {}, { body: '[[' });
  assert.deepStrictEqual([unreadable.kind, unreadable.document?.status], [OutcomeKind.FAILURE, 'FAILURE']);
  const unknown = await epilogue({}, {}, { headers: { task: 'shop.gone' } });
  assert.equal(unknown.document?.status, 'FAILURE');
});

test('TASK-57 a hook that throws is told of, and what was stored stays', async () => {
  const onFailure = (): never => {
    throw new Error('the hook is broken');
  };
  const { kind, document, stored } = await epilogue({ onFailure });
  assert.deepStrictEqual([kind, document], [OutcomeKind.FAILURE, null]);
  assert.deepStrictEqual(
    stored.map(({ state }) => state),
    ['FAILURE'],
  );
});
