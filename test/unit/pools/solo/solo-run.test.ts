import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SoftTimeLimitExceeded } from '../../../../core/kernel/errors.js';
import { SoloRun } from '../../../../pools/solo/solo-run.js';
import { TestJob } from '../../../support/pool-job.js';
import { VirtualClock } from '../../../support/virtual-clock.js';

/** Timers that count from the start of a long turn, as Node's do: they fire some ms before their time. */
class EarlyClock extends VirtualClock {
  override after(...[delayMs, ...rest]: Parameters<VirtualClock['after']>): ReturnType<VirtualClock['after']> {
    return super.after(Math.max(0, delayMs - 5), ...rest);
  }
}

describe('a run in the thread of the host', () => {
  it('hears of its soft limit although the timer was early', async () => {
    const clock = new EarlyClock();
    const job = new TestJob('echo', { softTimeLimitMs: 100, timeLimitMs: 200 });
    const run = new SoloRun(job, clock);
    let isHard = false;
    run.watchLimits(() => (isHard = true));
    await clock.advance(95);
    assert.ok(run.signal.reason instanceof SoftTimeLimitExceeded);
    assert.equal(isHard, false);
    await clock.advance(100);
    assert.equal(isHard, true);
    run.end();
    assert.equal(clock.timers, 0);
  });

  it('that looks at its signal while it computes sees the limit when it has passed, and not before', async () => {
    const clock = new VirtualClock();
    const run = new SoloRun(new TestJob('echo', { softTimeLimitMs: 100 }), clock);
    await clock.advance(99);
    assert.equal(run.signal.aborted, false);
    await clock.advance(1);
    assert.equal(run.signal.aborted, true);
  });
});
