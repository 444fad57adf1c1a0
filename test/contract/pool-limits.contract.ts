/** Time limits, soft and hard, of computations and of promises. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { errorOf, outcomeText, type PoolSuite } from './pool-suite.js';
import { submit, TestJob } from '../support/pool-job.js';

export function exerciseLimits({ withPool, itIf, capabilities }: PoolSuite): void {
  itIf('endsComputations', 'ends an endless loop at its hard limit, and runs what stood behind it', () =>
    withPool({ size: 1 }, async ({ pool, handlers }) => {
      const startMs = performance.now();
      const loop = new TestJob('loop', { timeLimitMs: 100 });
      const behind = new TestJob('who');
      assert.ok(pool.submit(loop) && pool.submit(behind));
      assert.match(errorOf(await loop.end, 'time-limit').message, /0\.1 s/);
      assert.ok(performance.now() - startMs >= 99);
      assert.equal(outcomeText(await behind.end), '0.2');
      assert.equal(handlers.lost.length, 0);
    }),
  );

  it('ends a promise at its hard limit and lets its neighbour finish', () =>
    withPool({ size: 1, asyncPerMember: 2 }, async ({ pool, handlers, run }) => {
      const neighbour = await submit(pool, handlers, new TestJob('wait-abort'));
      await neighbour.accepted;
      errorOf(await run('hold', { timeLimitMs: 50 }), 'time-limit');
      assert.equal(neighbour.endCount, 0);
      pool.cancel(neighbour, { terminate: false });
      assert.equal(outcomeText(await neighbour.end), 'TerminatedError');
      // A member with a promise that nobody waits for is not to be trusted; where there is no other it stays.
      assert.equal(outcomeText(await run('who')), capabilities.replacesMembers ? '0.2' : '0.1');
    }));

  itIf(
    'endsComputations',
    'ends the neighbours of a promise past its limit as lost when the loop of the member is stuck',
    () =>
      withPool({ size: 1, asyncPerMember: 2 }, async ({ pool, handlers, run }) => {
        const neighbour = await submit(pool, handlers, new TestJob('wait-abort'));
        await neighbour.accepted;
        errorOf(await run('loop-later', { timeLimitMs: 50 }), 'time-limit');
        assert.match(errorOf(await neighbour.end, 'lost').message, /stuck/);
        assert.equal(outcomeText(await run('who')), '0.2');
      }),
  );

  it('lets a neighbour compute in peace after a promise was ended at its limit', () =>
    withPool({ size: 1, asyncPerMember: 2 }, async ({ pool, handlers }) => {
      const late = await submit(pool, handlers, new TestJob('hold', { timeLimitMs: 50 }));
      await late.accepted;
      const neighbour = await submit(pool, handlers, new TestJob('spin:1300'));
      errorOf(await late.end, 'time-limit');
      assert.equal(outcomeText(await neighbour.end), 'spun');
    }));

  it('aborts the signal of a run at its soft limit, also in a loop that polls it, and tells the job once', () =>
    withPool({ size: 1 }, async ({ pool, handlers, run }) => {
      for (const act of ['wait-abort', 'poll-abort']) {
        const job = await submit(pool, handlers, new TestJob(act, { softTimeLimitMs: 30 }));
        assert.equal(outcomeText(await job.end), 'SoftTimeLimitExceeded');
        assert.equal(job.softLimitCount, 1);
      }
      assert.equal(outcomeText(await run('who')), '0.1');
    }));
}
