/** Runs that wait for what other jobs of their pool do lend their slots meanwhile (BUG-26). */
import assert from 'node:assert/strict';
import { outcomeText, type PoolSuite } from './pool-suite.js';
import { submit, TestJob, type TestHandlers } from '../support/pool-job.js';

const REPLY = Buffer.from('reply');

function answer(handlers: TestHandlers, nth: number): void {
  handlers.held[nth]?.reply(REPLY);
}

export function exerciseWaits({ withPool, itIf }: PoolSuite): void {
  itIf('replacesMembers', 'runs another job while one waits, and no further one when that goes on', () =>
    withPool({ size: 1 }, async ({ pool, handlers }) => {
      const waiting = await submit(pool, handlers, new TestJob('wait-and-call'));
      await handlers.holds(1);
      const inItsSlot = await submit(pool, handlers, new TestJob('wait-abort'));
      await inItsSlot.accepted;
      const later = await submit(pool, handlers, new TestJob('echo'));
      answer(handlers, 0);
      // It goes on at once, although its slot is taken: two run now.
      await handlers.holds(2);
      pool.cancel(inItsSlot, { terminate: false });
      assert.equal(outcomeText(await inItsSlot.end), 'TerminatedError');
      // The member has told of that end after it had looked at what waits.
      assert.deepEqual([later.acceptedCount, pool.isRunning(later)], [0, false]);
      answer(handlers, 1);
      assert.equal(outcomeText(await waiting.end), 'reply');
      await later.end;
    }),
  );

  itIf(
    'replacesMembers',
    'keeps the bodies of hundreds of runs that wait for each other, whatever room they take',
    () =>
      withPool({ size: 1 }, async ({ pool, handlers }) => {
        const jobs: TestJob[] = [];
        // Together ten times the task ring: each comes only when all before it wait.
        for (let n = 0; n < 200; n++) {
          const body = Buffer.alloc(16_000, String(n));
          jobs.push(await submit(pool, handlers, new TestJob('wait', { body })));
          await handlers.holds(n + 1);
        }
        for (let n = jobs.length - 1; n >= 0; n--) answer(handlers, n);
        for (const job of jobs) {
          const end = await job.end;
          assert.ok(end.type === 'outcome' && end.payload.equals(job.body));
        }
        const after = await submit(pool, handlers, new TestJob('echo'));
        assert.equal((await after.end).type, 'outcome');
      }),
  );

  itIf(
    'replacesMembers',
    'gives the place of a member that has run all that it may to another while its run waits',
    () =>
      withPool({ size: 1, maxTasksPerMember: 1 }, async ({ pool, handlers }) => {
        const jobs: TestJob[] = [];
        for (let n = 0; n < 4; n++) {
          jobs.push(await submit(pool, handlers, new TestJob('wait')));
          await handlers.holds(n + 1);
        }
        assert.equal(new Set(handlers.held.map(({ member }) => member.epoch)).size, jobs.length);
        for (let n = 0; n < jobs.length; n++) answer(handlers, n);
        for (const job of jobs) assert.equal((await job.end).type, 'outcome');
        assert.equal(handlers.lost.length, 0);
      }),
  );

  itIf('replacesMembers', 'ends a run that waits, on request and at its limit, and runs others', () =>
    withPool({ size: 1 }, async ({ pool, handlers, run }) => {
      const [ended, late] = [new TestJob('wait'), new TestJob('wait', { timeLimitMs: 50 })];
      await submit(pool, handlers, ended);
      await handlers.holds(1);
      assert.equal(pool.cancel(ended, { terminate: true }), 'running');
      assert.deepEqual(await ended.end, { type: 'terminated', started: true });
      await submit(pool, handlers, late);
      assert.equal((await late.end).type, 'time-limit');
      assert.equal((await run('echo')).type, 'outcome');
      // Nobody is there to hear it.
      answer(handlers, 0);
      assert.equal((await run('echo')).type, 'outcome');
      assert.deepEqual([ended.endCount, late.endCount], [1, 1]);
    }),
  );

  itIf('replacesMembers', 'loses the runs that wait with their member, each once', () =>
    withPool({ size: 1 }, async ({ pool, handlers, run }) => {
      const waiting = await submit(pool, handlers, new TestJob('wait'));
      await handlers.holds(1);
      assert.equal((await run('exit:3')).type, 'lost');
      assert.equal((await waiting.end).type, 'lost');
      answer(handlers, 0);
      assert.equal(outcomeText(await run('who')), '0.2');
      assert.equal(waiting.endCount, 1);
    }),
  );
}
