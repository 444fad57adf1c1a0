import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CreditGate } from '../../../core/kernel/credit-gate.js';
import { TimeoutError } from '../../../core/kernel/errors.js';
import { turn, VirtualClock } from '../../support/virtual-clock.js';

function createGate(maxCount: number, maxBytes: number) {
  const clock = new VirtualClock();
  return { clock, gate: new CreditGate({ maxCount, maxBytes, timeoutMs: 1_000, clock }) };
}

test('credit is bounded in count and in bytes', () => {
  const { gate } = createGate(2, 100);
  assert.equal(gate.tryEnter(10), true);
  assert.equal(gate.tryEnter(91), false);
  assert.equal(gate.tryEnter(90), true);
  assert.equal(gate.tryEnter(0), false);
  gate.leave(10);
  assert.equal(gate.tryEnter(10), true);
});

test('one item may enter an empty gate, however large', () => {
  const { gate } = createGate(2, 100);
  assert.equal(gate.tryEnter(1_000), true);
  assert.equal(gate.tryEnter(1), false);
});

test('those who wait enter in order, and nobody overtakes them', async () => {
  const { gate } = createGate(1, 100);
  const order: string[] = [];
  gate.tryEnter(1);
  const first = gate.enter(1).then(() => order.push('first'));
  const second = gate.enter(1).then(() => order.push('second'));
  gate.leave(1);
  await first;
  assert.equal(gate.tryEnter(1), false);
  gate.leave(1);
  await second;
  assert.deepStrictEqual(order, ['first', 'second']);
});

test('whoever waits too long is refused and takes no credit', async () => {
  const { gate, clock } = createGate(1, 100);
  gate.tryEnter(1);
  const late = assert.rejects(gate.enter(1), TimeoutError);
  await clock.advance(600);
  const inTime = gate.enter(1);
  await clock.advance(500);
  await late;
  gate.leave(1);
  await inTime;
  gate.leave(1);
  assert.equal(gate.tryEnter(1), true);
});

test('many who wait enter one by one', async () => {
  const { gate } = createGate(1, 100);
  gate.tryEnter(1);
  let entered = 0;
  for (let i = 0; i < 100; i++) {
    void gate.enter(1).then(() => {
      entered++;
      gate.leave(1);
    });
  }
  gate.leave(1);
  await turn();
  assert.equal(entered, 100);
});
