/** Recall, recycling, size and counts. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { outcomeText, type PoolSuite } from './pool-suite.js';
import { submit, TestJob } from '../support/pool-job.js';

export function exerciseMembers({ withPool, itIf }: PoolSuite): void {
  it('recalls a job that has not started', () =>
    withPool({ size: 1 }, async ({ pool, handlers }) => {
      const running = await submit(pool, handlers, new TestJob('hold'));
      const queued = new TestJob('echo');
      assert.ok(pool.submit(queued));
      await running.accepted;
      assert.equal(pool.cancel(queued, { terminate: false }), 'recalled');
      assert.equal(pool.cancel(queued, { terminate: false }), 'unknown');
      assert.equal(pool.cancel(running, { terminate: true }), 'running');
      assert.deepEqual(await running.end, { type: 'terminated', started: true });
      assert.equal(queued.acceptedCount + queued.endCount, 0);
    }));

  it('takes back only what has not started, and does not disturb what runs', () =>
    withPool({ size: 1 }, async ({ pool, handlers }) => {
      const running = await submit(pool, handlers, new TestJob('wait-abort'));
      const queued = new TestJob('echo');
      assert.ok(pool.submit(queued));
      await running.accepted;
      assert.deepEqual([pool.isRunning(running), pool.isRunning(queued)], [true, false]);
      assert.deepEqual([pool.recall(running), pool.recall(queued), pool.recall(queued)], [false, true, false]);
      // Its signal has not been touched: it is this that ends it.
      pool.cancel(running, { terminate: false });
      assert.equal(outcomeText(await running.end), 'TerminatedError');
      assert.deepEqual([pool.isRunning(running), running.endCount, queued.endCount], [false, 1, 0]);
    }));

  it('finds room again after everything that filled it was recalled', () =>
    withPool({ size: 1 }, async ({ pool, handlers, run }) => {
      const running = await submit(pool, handlers, new TestJob('wait-abort'));
      await running.accepted;
      const queued: TestJob[] = [];
      const body = Buffer.alloc(20_000);
      for (let job = new TestJob('echo', { body }); pool.submit(job); job = new TestJob('echo', { body }))
        queued.push(job);
      for (const job of queued) assert.equal(pool.cancel(job, { terminate: false }), 'recalled');
      const next = run('who');
      pool.cancel(running, { terminate: false });
      assert.equal(outcomeText(await next), '0.1');
    }));

  itIf('endsComputations', 'terminates a running loop on request', () =>
    withPool({ size: 1 }, async ({ pool, handlers, run }) => {
      const job = await submit(pool, handlers, new TestJob('loop'));
      await job.accepted;
      assert.equal(pool.cancel(job, { terminate: true }), 'running');
      assert.deepEqual(await job.end, { type: 'terminated', started: true });
      assert.equal(outcomeText(await run('who')), '0.2');
    }),
  );

  itIf('replacesMembers', 'loses nothing when every run gets a new member', () =>
    withPool({ size: 2, maxTasksPerMember: 1 }, async ({ pool, handlers }) => {
      const jobs = Array.from({ length: 30 }, () => new TestJob('who'));
      for (const job of jobs) await submit(pool, handlers, job);
      const members = await Promise.all(jobs.map(async (job) => outcomeText(await job.end)));
      assert.equal(new Set(members).size, jobs.length);
      assert.equal(handlers.lost.length, 0);
      assert.ok(pool.snapshot().recycled >= jobs.length - 2);
    }),
  );

  itIf('replacesMembers', 'gives no member more asynchronous runs than it may have, and loses none', () =>
    withPool({ size: 2, asyncPerMember: 3, maxTasksPerMember: 4 }, async ({ pool, handlers }) => {
      const jobs = Array.from({ length: 40 }, () => new TestJob('who-later'));
      for (const job of jobs) await submit(pool, handlers, job);
      const runs = new Map<string, number>();
      for (const job of jobs) {
        const member = outcomeText(await job.end);
        runs.set(member, (runs.get(member) ?? 0) + 1);
      }
      assert.ok(Math.max(...runs.values()) <= 4);
      assert.ok(pool.snapshot().recycled <= runs.size);
      assert.equal(handlers.lost.length, 0);
    }),
  );

  itIf('replacesMembers', 'grows and shrinks', () =>
    withPool({ size: 1 }, async ({ pool, handlers }) => {
      const holding = await submit(pool, handlers, new TestJob('wait-abort'));
      await holding.accepted;
      pool.resize(2);
      const second = await submit(pool, handlers, new TestJob('who'));
      assert.equal(outcomeText(await second.end), '1.1');
      pool.resize(1);
      assert.equal(pool.snapshot().size, 1);
      pool.cancel(holding, { terminate: false });
      assert.equal(outcomeText(await holding.end), 'TerminatedError');
    }),
  );

  it('shows what each member has and has done', () =>
    withPool({ size: 1 }, async ({ pool, handlers, run }) => {
      await run('echo');
      await run('spin:20');
      const holding = await submit(pool, handlers, new TestJob('hold'));
      await holding.accepted;
      const { size, members, inFlight, completed } = pool.snapshot();
      assert.deepEqual([size, inFlight, completed, members.length], [1, 1, 2, 1]);
      const [member] = members;
      assert.deepEqual([member?.index, member?.epoch, member?.inFlight, member?.completed], [0, 1, 1, 2]);
      assert.equal(member?.state, 'ready');
      assert.ok(member.threadId > 0 && member.busyMs >= 15);
    }));

  itIf('replacesMembers', 'counts what it holds and has done', () =>
    withPool({ size: 1 }, async ({ pool, handlers, run }) => {
      await run('echo');
      await run('exit:1');
      const holding = await submit(pool, handlers, new TestJob('hold'));
      await holding.accepted;
      const { members, laneDepth, ...counts } = pool.snapshot();
      assert.ok(laneDepth >= 1);
      assert.deepEqual(counts, {
        size: 1,
        inFlight: 1,
        completed: 1,
        lost: 1,
        recycled: 0,
        retired: { lost: 1 },
        warmSpares: 0,
        stuckThreads: 0,
      });
      assert.deepEqual(
        members.map(({ index, epoch }) => [index, epoch]),
        [[0, 2]],
      );
    }),
  );
}
