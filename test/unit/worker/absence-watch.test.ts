import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AbsenceWatch } from '../../../core/worker/absence-watch.js';
import { FakePool } from '../../support/fake-pool.js';
import { VirtualClock } from '../../support/virtual-clock.js';

test('an absence begins when no member has been ready for the time, and is told until it ends or nobody asks', async () => {
  const clock = new VirtualClock();
  const pool = new FakePool();
  const told: number[] = [];
  const watch = new AbsenceWatch({ pool, clock, afterMs: 5_000, onAbsence: () => told.push(clock.nowMonoMs()) });
  watch.start();
  await clock.advance(10_000);
  pool.isReady = false;
  await clock.advance(4_000);
  // Asked for once more, it still counts from when a member was there.
  watch.start();
  await clock.advance(2_000);
  assert.deepEqual(told, [15_000, 16_000]);
  pool.isReady = true;
  await clock.advance(2_000);
  pool.isReady = false;
  await clock.advance(4_000);
  watch.stop();
  await clock.advance(10_000);
  assert.deepEqual([told.length, clock.timers], [2, 0]);
  watch.start();
  await clock.advance(5_000);
  assert.deepEqual(told.at(-1), clock.nowMonoMs());
});
