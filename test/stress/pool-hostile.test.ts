/** G6: a member that scribbles on its shared memory hurts only itself. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { systemClock, type Clock } from '../../core/kernel/clock.js';
import { LanePool } from '../../pools/thread/lane-pool.js';
import { submit, TestHandlers, TestJob } from '../support/pool-job.js';

const programUrl = new URL('../support/members/hostile.js', import.meta.url).href;
/** Small rings, so that the scribbles hit what matters. */
const ringSizes = { tasksBytes: 1024, repliesBytes: 256, outcomesBytes: 512, callsBytes: 256 };
const ROUNDS = 25;
const STUCK_AFTER_MS = 500;
const DEAF_JOBS = 15;

/** Members that die of their first job, five times in a row, open the breaker of their place: here for a second, not for 30. */
const impatient: Clock = {
  ...systemClock,
  after: (delayMs, fire, options) => systemClock.after(Math.min(delayMs, 1_000), fire, options),
};

it('G6 a scribbling member is replaced, its jobs end, and the pool works on', { timeout: 60_000 }, async () => {
  const seed = Number(process.env['CELERIAC_SEED'] ?? Date.now() % 100_000);
  console.log(`seed ${String(seed)}`);
  const handlers = new TestHandlers();
  const pool = new LanePool({ programUrl, size: 1, ringSizes, clock: impatient }, handlers);
  await pool.start(10_000);
  for (let round = 0; round < ROUNDS; round++) {
    // A limit, since a member may scribble over the record of its own outcome.
    const hostile = new TestJob(`scribble:${String(seed + round)}`, { timeLimitMs: 200 });
    const behind = Array.from({ length: 3 }, () => new TestJob('echo', { timeLimitMs: 200 }));
    const ends = [hostile, ...behind].map((job) => job.end);
    // A member may scribble over its own bells, stamps and outcomes: then only its caller can tell that it is stuck.
    const stuck = setTimeout(() => {
      for (const job of [hostile, ...behind]) {
        const isBack = pool.cancel(job, { terminate: true }) === 'recalled';
        if (isBack) job.onTerminated(new Error('recalled'), false);
      }
    }, STUCK_AFTER_MS);
    for (const job of [hostile, ...behind]) await submit(pool, handlers, job);
    await Promise.all(ends);
    clearTimeout(stuck);
  }
  assert.equal(pool.snapshot().inFlight, 0);
  pool.resize(2);
  const sound = await submit(pool, handlers, new TestJob('echo'));
  assert.equal((await sound.end).type, 'outcome');
  await pool.close(1_000);
  assert.deepEqual(pool.snapshot().members, []);
});

describe('G8 bells that are lost', { timeout: 30_000 }, () => {
  it('delay an outcome, and no more', async () => {
    const handlers = new TestHandlers();
    const pool = new LanePool({ programUrl, size: 1 }, handlers);
    await pool.start(5_000);
    for (let i = 0; i < 2; i++) {
      const job = await submit(pool, handlers, new TestJob('mute'));
      assert.equal((await job.end).type, 'outcome');
    }
    await pool.close(1_000);
  });

  it('make a pool slow when all of them are lost, and stop nothing', async () => {
    const handlers = new TestHandlers();
    const pool = new LanePool({ programUrl, size: 1 }, handlers);
    await pool.start(5_000);
    const startMs = performance.now();
    for (let i = 0; i < DEAF_JOBS; i++) {
      // Each waits for the one before: two bells a job.
      const job = await submit(pool, handlers, new TestJob(i === 0 ? 'deafen' : 'echo'));
      assert.equal((await job.end).type, 'outcome');
    }
    // A look every 50 ms: 1.5 s. One a second, as it was, would take 15 s at least.
    assert.ok(performance.now() - startMs < DEAF_JOBS * 500);
    await pool.close(1_000);
  });
});
