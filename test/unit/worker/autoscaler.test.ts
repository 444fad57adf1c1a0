import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError } from '../../../core/kernel/errors.js';
import { Autoscaler, type AutoscaleRange } from '../../../core/worker/autoscaler.js';
import { VirtualClock } from '../../support/virtual-clock.js';

const KEEPALIVE_MS = 30_000;

function createAutoscaler(range: AutoscaleRange, size = Math.max(1, range.min), perMember = 1) {
  const clock = new VirtualClock();
  const load = { qty: 0, size };
  const sizes: number[] = [];
  const autoscaler = new Autoscaler({
    range,
    keepaliveMs: KEEPALIVE_MS,
    clock,
    perMember,
    reserved: () => load.qty,
    size: () => load.size,
    resize: (wanted) => {
      load.size = wanted;
      sizes.push(wanted);
    },
  });
  const receive = (qty: number): void => {
    load.qty = qty;
    autoscaler.maybeScale();
  };
  return { clock, load, sizes, autoscaler, receive };
}

test('WORK-96 a worker grows by what is in hand, up to the most', () => {
  const { sizes, receive } = createAutoscaler({ max: 8, min: 2 });
  receive(1);
  receive(5);
  receive(20);
  assert.deepEqual(sizes, [5, 8]);
});

test('where members run many at a time, so many count as one', () => {
  const { sizes, receive } = createAutoscaler({ max: 8, min: 1 }, 1, 100);
  receive(100);
  assert.deepEqual(sizes, []);
  receive(101);
  assert.deepEqual(sizes, [2]);
});

test('WORK-96 it gives members up when fewer have done for the keep-alive time, and no sooner', async () => {
  const { clock, sizes, receive } = createAutoscaler({ max: 8, min: 2 });
  receive(6);
  await clock.advance(10_000);
  receive(6);
  await clock.advance(10_000);
  receive(3);
  await clock.advance(19_000);
  receive(3);
  assert.deepEqual(sizes, [6]);
  await clock.advance(1_000);
  receive(3);
  assert.deepEqual(sizes, [6, 3]);
  assert.equal(clock.timers, 1);
});

test('an idle worker shrinks without any message, and then sets no timer', async () => {
  const { clock, load, sizes, receive } = createAutoscaler({ max: 8, min: 0 });
  receive(4);
  load.qty = 0;
  await clock.advance(2 * KEEPALIVE_MS);
  assert.deepEqual(sizes, [4, 1]);
  assert.equal(clock.timers, 0);
});

test('BUG-06 it shrinks a pool that has never grown', async () => {
  const { clock, sizes } = createAutoscaler({ max: 8, min: 1 }, 4);
  await clock.advance(KEEPALIVE_MS - 1);
  assert.deepEqual(sizes, []);
  await clock.advance(1);
  assert.deepEqual(sizes, [1]);
});

test('WORK-97 new bounds hold at once', () => {
  const { sizes, autoscaler, receive } = createAutoscaler({ max: 8, min: 2 });
  receive(8);
  assert.deepEqual(autoscaler.update({ max: 5 }), { max: 5, min: 2 });
  assert.deepEqual(sizes, [8, 5]);
  receive(0);
  const { sizes: others, autoscaler: other } = createAutoscaler({ max: 8, min: 2 });
  assert.deepEqual(other.update({ min: 4 }), { max: 8, min: 4 });
  assert.deepEqual(others, [4]);
});

test('bounds that make no sense are refused, and the old ones stay', () => {
  const { autoscaler } = createAutoscaler({ max: 8, min: 2 });
  for (const range of [{ max: 1 }, { min: 9 }, { max: 0, min: 0 }, { min: -1 }, { max: 2.5 }]) {
    assert.throws(() => autoscaler.update(range), ConfigError);
  }
  assert.deepEqual(autoscaler.info(), { max: 8, min: 2, current: 2, qty: 0 });
});

test('a closed one does nothing more', async () => {
  const { clock, sizes, autoscaler, receive } = createAutoscaler({ max: 8, min: 1 });
  receive(3);
  autoscaler.close();
  receive(8);
  await clock.advance(10 * KEEPALIVE_MS);
  assert.deepEqual([sizes, clock.timers], [[3], 0]);
});
