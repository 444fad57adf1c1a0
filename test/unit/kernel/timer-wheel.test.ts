import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Clock } from '../../../core/kernel/clock.js';
import { TimerWheel, type WheelTimer } from '../../../core/kernel/timer-wheel.js';
import { VirtualClock } from '../../support/virtual-clock.js';

interface Step {
  readonly kind: 'add' | 'cancel' | 'advance';
  readonly amount: number;
}

const delay = fc.oneof(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 0, max: 300_000 }), fc.nat(40 * 86_400_000));
const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom('add', 'add', 'cancel', 'advance'),
  amount: delay,
});

test('it fires what an array that is sorted would, in order, and never early', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const clock = new VirtualClock();
      const fired: number[] = [];
      const wheel = new TimerWheel<number>({
        clock,
        onDue: (items) => {
          for (const item of items) {
            assert.ok((dueOf.get(item) ?? Infinity) <= clock.nowMonoMs(), 'not before its time');
            fired.push(item);
          }
        },
      });
      const dueOf = new Map<number, number>();
      const open = new Map<number, WheelTimer<number>>();
      let expected: number[] = [];
      for (const [id, { kind, amount }] of steps.entries()) {
        if (kind === 'add') {
          dueOf.set(id, clock.nowMonoMs() + amount);
          open.set(id, wheel.add(id, clock.nowMonoMs() + amount));
        } else if (kind === 'cancel') {
          const [first] = [...open.keys()].slice(amount % (open.size + 1));
          const timer = first === undefined ? undefined : open.get(first);
          if (first !== undefined && timer !== undefined && open.delete(first)) assert.equal(wheel.cancel(timer), true);
        } else {
          await clock.advance(amount);
          const due = [...open.keys()].filter((item) => (dueOf.get(item) ?? 0) < clock.nowMonoMs());
          expected = [...expected, ...due];
          for (const item of due) open.delete(item);
          // What is due in this very millisecond may have fired or may follow.
          for (const item of fired) if (open.delete(item)) expected.push(item);
          assert.deepStrictEqual(
            [...fired].sort((a, b) => a - b),
            [...expected].sort((a, b) => a - b),
          );
          assert.equal(wheel.size, open.size);
        }
      }
      const times = fired.map((item) => dueOf.get(item) ?? 0);
      assert.deepStrictEqual(
        times,
        [...times].sort((a, b) => a - b),
      );
      assert.ok(clock.timers <= 1, 'one runtime timer');
      await clock.runUntilIdle();
      assert.equal(wheel.size, 0);
      assert.equal(clock.timers, 0);
    }),
    { numRuns: 300 },
  );
});

test('a timer that is cancelled or was due cannot be cancelled again', async () => {
  const clock = new VirtualClock();
  const wheel = new TimerWheel<string>({ clock, onDue: () => undefined });
  const cancelled = wheel.add('a', 10);
  assert.equal(wheel.cancel(cancelled), true);
  assert.equal(wheel.cancel(cancelled), false);
  assert.equal(clock.timers, 0);
  const due = wheel.add('b', 10);
  await clock.advance(20);
  assert.equal(wheel.cancel(due), false);
});

test('timers far beyond the wheel and years of silence are no trouble', async () => {
  const clock = new VirtualClock();
  const fired: string[] = [];
  const wheel = new TimerWheel<string>({ clock, onDue: (items) => fired.push(...items) });
  const century = 100 * 365 * 86_400_000;
  wheel.add('century', century);
  wheel.add('never', Infinity);
  await clock.advance(century + 1);
  assert.deepStrictEqual(fired, ['century']);
  assert.equal(wheel.size, 1);
  assert.deepStrictEqual(wheel.takeAll(), ['never']);
  assert.equal(clock.timers, 0);
});

test('a hundred thousand timers take less than 200 bytes each, one runtime timer and hardly a wake-up while none is due', async () => {
  const count = 100_000;
  const clock = new VirtualClock();
  let wakeUps = 0;
  const counting: Clock = {
    nowEpochMs: () => clock.nowEpochMs(),
    nowMonoMs: () => clock.nowMonoMs(),
    after: (delayMs, fire) =>
      clock.after(delayMs, () => {
        wakeUps++;
        fire();
      }),
  };
  const due: number[] = [];
  const wheel = new TimerWheel<number>({ clock: counting, onDue: (items) => due.push(...items) });
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < count; i++) wheel.add(i, 60_000 + ((i * 7_919) % 86_400_000));
  const bytes = (process.memoryUsage().heapUsed - before) / count;
  assert.ok(bytes < 200, `${bytes.toFixed(0)} bytes a timer`);
  assert.equal(clock.timers, 1);
  await clock.advance(59_000);
  assert.deepStrictEqual(due, []);
  assert.ok(wakeUps < 20, `${String(wakeUps)} wake-ups in 59 s`);
  assert.equal(wheel.takeAll().length, count);
  assert.equal(clock.timers, 0);
});
