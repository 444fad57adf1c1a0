import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LanePool } from '../../../../pools/thread/lane-pool.js';
import { submit, TestHandlers, TestJob } from '../../../support/pool-job.js';

const programUrl = new URL('../../../support/members/scripted.js', import.meta.url).href;
const RUNS = 5_000;

/** Starts as many asynchronous runs as told, all of them in one member at once. */
async function holdOpen(pool: LanePool, handlers: TestHandlers, count: number): Promise<TestJob[]> {
  const jobs: TestJob[] = [];
  for (let i = 0; i < count; i++) jobs.push(await submit(pool, handlers, new TestJob('wait-abort')));
  await Promise.all(jobs.map((job) => job.accepted));
  return jobs;
}

describe('a member with thousands of asynchronous runs', { timeout: 60_000 }, () => {
  it('holds 5,000 at once, ends those that are cancelled and no others', async () => {
    const handlers = new TestHandlers();
    const pool = new LanePool({ programUrl, size: 1, asyncPerMember: RUNS }, handlers);
    try {
      await pool.start(10_000);
      const jobs = await holdOpen(pool, handlers, RUNS);
      assert.equal(pool.snapshot().inFlight, RUNS);
      const some = jobs.filter((_, at) => at % 50 === 7);
      for (const job of some) {
        assert.equal(pool.cancel(job, { terminate: false }), 'running');
        assert.deepEqual(await job.end, {
          type: 'outcome',
          kind: 1,
          text: 'TerminatedError',
          payload: Buffer.from('TerminatedError'),
        });
      }
      assert.equal(pool.snapshot().inFlight, RUNS - some.length);
      assert.equal(jobs.filter((job) => job.endCount > 0).length, some.length);
      const rest = jobs.filter((job) => job.endCount === 0);
      for (const job of rest) assert.equal(pool.cancel(job, { terminate: false }), 'running');
      await Promise.all(rest.map((job) => job.end));
      assert.ok(jobs.every((job) => job.endCount === 1));
      assert.deepEqual([pool.snapshot().inFlight, handlers.lost.length], [0, 0]);
    } finally {
      await pool.close(0);
    }
  });

  it('runs the next when one has ended, and no more at once than it may', async () => {
    const handlers = new TestHandlers();
    const pool = new LanePool({ programUrl, size: 1, asyncPerMember: 100 }, handlers);
    try {
      await pool.start(10_000);
      const jobs = await holdOpen(pool, handlers, 100);
      const next = await submit(pool, handlers, new TestJob('echo'));
      const [first] = jobs as [TestJob];
      assert.equal(next.acceptedCount, 0);
      pool.cancel(first, { terminate: false });
      assert.equal((await next.end).type, 'outcome');
    } finally {
      await pool.close(0);
    }
  });
});
