import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SharedMemory } from '../../../../pools/ring/memory.js';
import { AbortReason, STATUS_BYTES, StatusBlock } from '../../../../pools/ring/status-block.js';
import { InFlight, type InFlightEntry } from '../../../../pools/thread/in-flight.js';
import { TimeLimits } from '../../../../pools/thread/time-limits.js';
import { TestJob } from '../../../support/pool-job.js';
import { VirtualClock } from '../../../support/virtual-clock.js';

function createLimits() {
  const clock = new VirtualClock();
  const status = new StatusBlock(new SharedMemory(new SharedArrayBuffer(STATUS_BYTES)), 0);
  const inFlight = new InFlight();
  const hard: InFlightEntry[] = [];
  let softCount = 0;
  const limits = new TimeLimits(status, clock, {
    hard: (entry) => hard.push(entry),
    soft: () => softCount++,
  });
  const add = (options: { readonly timeLimitMs?: number; readonly softTimeLimitMs?: number }): InFlightEntry => {
    const entry = inFlight.add(new TestJob('', options));
    limits.watch(entry);
    return entry;
  };
  return { clock, status, limits, inFlight, hard, add, soft: () => softCount };
}

describe('time limits of a lane', () => {
  it('keep no timer while no job has limits, or after the last such job has ended', () => {
    const { clock, limits, add } = createLimits();
    add({});
    assert.equal(clock.timers, 0);
    const limited = add({ timeLimitMs: 100 });
    assert.equal(clock.timers, 1);
    limits.forget(limited);
    assert.equal(clock.timers, 0);
  });

  it('count from the start of the run, not from when the job was handed over', async () => {
    const { clock, status, hard, add } = createLimits();
    const entry = add({ timeLimitMs: 100 });
    await clock.advance(250);
    assert.deepEqual(hard, []);
    status.beginRun(entry.ticket, clock.nowMonoMs());
    await clock.advance(99);
    assert.deepEqual(hard, []);
    await clock.advance(101);
    assert.deepEqual(hard, [entry]);
    assert.equal(clock.timers, 0);
  });

  it('tell the soft limit once, to the run of the job, and the hard limit after it', async () => {
    const { clock, status, hard, soft, add } = createLimits();
    const entry = add({ softTimeLimitMs: 50, timeLimitMs: 80 });
    status.beginRun(entry.ticket, clock.nowMonoMs());
    await clock.advance(60);
    assert.equal(soft(), 1);
    assert.equal((entry.job as TestJob).softLimitCount, 1);
    const slot = status.slotOf(entry.ticket) as number;
    assert.equal(status.abortReason(slot, entry.ticket), AbortReason.SOFT_LIMIT);
    assert.equal(status.abortReason(slot, entry.ticket + 1), AbortReason.NONE);
    await clock.advance(20);
    assert.deepEqual(hard, [entry]);
    assert.equal(soft(), 1);
    assert.equal((entry.job as TestJob).softLimitCount, 1);
  });

  it('are those that the job was handed over with', async () => {
    const { clock, status, hard, soft, add } = createLimits();
    const entry = add({ softTimeLimitMs: 50, timeLimitMs: 80 });
    const job = entry.job as TestJob;
    job.timeLimitMs = null;
    job.softTimeLimitMs = 5;
    status.beginRun(entry.ticket, clock.nowMonoMs());
    await clock.advance(49);
    assert.equal(soft(), 0);
    await clock.advance(1);
    assert.equal(soft(), 1);
    await clock.advance(30);
    assert.deepEqual(hard, [entry]);
  });

  it('are no matter of a run that was given up: its job has been told its end', async () => {
    const { clock, status, inFlight, hard, soft, add } = createLimits();
    const entry = add({ softTimeLimitMs: 50, timeLimitMs: 80 });
    status.beginRun(entry.ticket, clock.nowMonoMs());
    status.awaitRun(entry.ticket);
    inFlight.abandon(entry);
    await clock.advance(100);
    assert.deepEqual([soft(), (entry.job as TestJob).softLimitCount, hard, clock.timers], [0, 0, [], 0]);
  });

  it('survive a start stamp that wraps', async () => {
    const { clock, status, hard, add } = createLimits();
    await clock.advance(2 ** 31 - 30);
    const entry = add({ timeLimitMs: 50 });
    status.beginRun(entry.ticket, clock.nowMonoMs());
    await clock.advance(49);
    assert.deepEqual(hard, []);
    await clock.advance(2);
    assert.deepEqual(hard, [entry]);
  });
});
