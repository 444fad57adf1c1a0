/** T9: a thread inside a native call cannot be terminated; the pool does not wait for it. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { systemClock, type Clock } from '../../core/kernel/clock.js';
import { LanePool } from '../../pools/thread/lane-pool.js';
import { submit, TestHandlers, TestJob } from '../support/pool-job.js';

const programUrl = new URL('../support/members/scripted.js', import.meta.url).href;
const SPEED = 25;
const BLOCKED_SECONDS = 3;

/** Timers fire early, so that five seconds of grace take a fifth of one; the clock itself is right. */
const hastyClock: Clock = {
  ...systemClock,
  after: (delayMs, fire, options) => systemClock.after(delayMs / SPEED, fire, options),
};

it('T9 a member stuck in a native call is written off and replaced', { timeout: 20_000 }, async () => {
  const handlers = new TestHandlers();
  const pool = new LanePool({ programUrl, size: 1, clock: hastyClock }, handlers);
  await pool.start(10_000 * SPEED);
  const startMs = performance.now();
  const stuck = await submit(pool, handlers, new TestJob(`block:${String(BLOCKED_SECONDS)}`, { timeLimitMs: 100 }));
  assert.equal((await stuck.end).type, 'time-limit');
  const next = await submit(pool, handlers, new TestJob('who'));
  const end = await next.end;
  assert.ok(end.type === 'outcome' && end.text === '0.2');
  assert.ok(performance.now() - startMs < BLOCKED_SECONDS * 1000);
  await pool.close(1_000 * SPEED);
});
