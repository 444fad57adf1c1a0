import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BackendError, ConfigError, TransportError } from '../../../core/kernel/errors.js';
import { createSeededRandom } from '../../../core/kernel/random.js';
import { silentLogger } from '../../../core/ports/logger.js';
import type { Settlement } from '../../../core/ports/transport.js';
import { Settler } from '../../../core/worker/settler.js';
import { ACK, ALREADY_ACKED, HAND_BACK, verdict, type Verdict } from '../../../core/worker/verdict.js';
import { FakeBackend } from '../../support/fake-backend.js';
import { taskDelivery } from '../../support/task-delivery.js';
import { outgoing } from '../../support/task-plan.js';
import { VirtualClock } from '../../support/virtual-clock.js';

const result = { taskId: 'id-1', state: 'SUCCESS', document: Buffer.from('{}') };

function createSettler(options: { readonly publishFailure?: () => Error | null; readonly hasBackend?: boolean } = {}) {
  const clock = new VirtualClock();
  const backend = new FakeBackend();
  const steps: string[] = [];
  const settlements: Settlement[] = [];
  const failure = { store: (): Error | null => null };
  backend.failure = (batch) => {
    steps.push(`store ${batch.map(({ state }) => state).join()}`);
    return failure.store();
  };
  const settler = new Settler({
    publish: () => {
      steps.push('publish');
      const error = options.publishFailure?.() ?? null;
      return error === null ? Promise.resolve() : Promise.reject(error);
    },
    settle: (batch) => {
      steps.push(`settle ${batch.map(({ action }) => action).join()}`);
      settlements.push(...batch);
      return Promise.resolve(batch.map(() => 'settled' as const));
    },
    backend: options.hasBackend === false ? null : backend,
    clock,
    random: createSeededRandom(1),
    logger: silentLogger,
  });
  return { settler, clock, backend, steps, settlements, failure };
}

function fullVerdict(parts: Partial<Verdict> = {}): Verdict {
  return { ...verdict(ACK, result), successors: [outgoing('child')], ...parts };
}

test('R1 successors are confirmed before the result is stored, and that before the ack', async () => {
  const { settler, clock, steps } = createSettler();
  let settled = 0;
  settler.settle(taskDelivery(), fullVerdict(), () => settled++);
  await clock.runUntilIdle();
  assert.deepStrictEqual(steps, ['publish', 'store SUCCESS', 'settle ack']);
  assert.equal(settled, 1);
});

test('D1 a store that fails twice withholds the ack until the third try', async () => {
  const { settler, clock, steps, failure } = createSettler();
  let left = 2;
  failure.store = () => (left-- > 0 ? new BackendError('down') : null);
  settler.settle(taskDelivery(), verdict(ACK, result), () => undefined);
  await clock.runUntilIdle();
  assert.deepStrictEqual(steps, ['store SUCCESS', 'store SUCCESS', 'store SUCCESS', 'settle ack']);
});

test('a publish that fails holds back result and ack', async () => {
  let left = 1;
  const { settler, clock, steps } = createSettler({
    publishFailure: () => (left-- > 0 ? new TransportError('gone') : null),
  });
  settler.settle(taskDelivery(), fullVerdict(), () => undefined);
  await clock.runUntilIdle();
  assert.deepStrictEqual(steps, ['publish', 'publish', 'store SUCCESS', 'settle ack']);
});

test('RETRY-07 successors that the broker refuses for good end in the fallback, never in an ack', async () => {
  const { settler, clock, steps, backend } = createSettler({
    publishFailure: () => new ConfigError('no such exchange'),
  });
  const fallback = (): Verdict => verdict(HAND_BACK, { ...result, state: 'FAILURE' });
  settler.settle(taskDelivery(), fullVerdict({ fallback }), () => undefined);
  await clock.runUntilIdle();
  assert.deepStrictEqual(steps, ['publish', 'store FAILURE', 'settle requeue']);
  assert.equal(backend.results.get('id-1')?.state, 'FAILURE');
});

test('D7 a result that the store refuses for good is a failure that tells of it', async () => {
  const { settler, clock, steps, failure, backend } = createSettler();
  const tooLarge = new BackendError('too large', { isRetryable: false });
  failure.store = () => (steps.length === 1 ? tooLarge : null);
  settler.settle(taskDelivery(), verdict(ACK, result), () => undefined);
  await clock.runUntilIdle();
  assert.deepStrictEqual(steps, ['store SUCCESS', 'store FAILURE', 'settle ack']);
  const document = Buffer.from(backend.results.get('id-1')?.document ?? '').toString();
  assert.match(document, /BackendStoreError.*the result could not be stored: too large/);
});

test('R1 a message whose every result is refused is kept as a dead letter, never acknowledged with nothing', async () => {
  const { settler, clock, steps, failure } = createSettler();
  failure.store = () => new BackendError('too large', { isRetryable: false });
  settler.settle(taskDelivery(), verdict(ACK, result), () => undefined);
  await clock.runUntilIdle();
  assert.deepStrictEqual(steps, ['store SUCCESS', 'store FAILURE', 'settle dead-letter']);
});

test('without a backend the ack follows at once', async () => {
  const { settler, clock, steps } = createSettler({ hasBackend: false });
  settler.settle(taskDelivery(), verdict(ACK, result), () => undefined);
  await clock.runUntilIdle();
  assert.deepStrictEqual(steps, ['settle ack']);
});

test('a delivery acknowledged at its start is not settled again', async () => {
  const { settler, clock, steps } = createSettler();
  let settled = 0;
  settler.settle(taskDelivery(), verdict(ALREADY_ACKED, result), () => settled++);
  await clock.runUntilIdle();
  assert.deepStrictEqual(steps, ['store SUCCESS']);
  assert.equal(settled, 1);
});

test('idle() resolves when the last step of the last verdict is done', async () => {
  const { settler, clock, steps } = createSettler();
  settler.settle(taskDelivery(), fullVerdict(), () => undefined);
  const idle = settler.idle().then(() => steps.at(-1));
  await clock.runUntilIdle();
  assert.equal(await idle, 'settle ack');
});

test('requeue and dead letter carry what the verdict says', async () => {
  const { settler, clock, settlements } = createSettler();
  const delivery = taskDelivery({ tag: 5 });
  settler.settle(delivery, verdict({ kind: 'requeue', counts: true, delayMs: 9 }), () => undefined);
  settler.settle(
    delivery,
    verdict({ kind: 'dead-letter', queue: 'q.dead', headers: delivery.headers }),
    () => undefined,
  );
  await clock.runUntilIdle();
  assert.deepStrictEqual(settlements, [
    { action: 'requeue', tag: 5, countsAsDelivery: true, delayMs: 9 },
    { action: 'dead-letter', tag: 5, queue: 'q.dead', headers: delivery.headers },
  ]);
});
