/** How a pool starts and closes. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { PoolError } from '../../core/kernel/errors.js';
import { outcomeText, START_MS, type PoolSuite } from './pool-suite.js';
import { submit, TestHandlers, TestJob } from '../support/pool-job.js';

export function exerciseStart({ create, capabilities }: PoolSuite): void {
  it('serves calls that a program makes while it loads, and hands over its manifest', async () => {
    const handlers = new TestHandlers();
    const pool = create({ size: 2, data: { callBeforeReady: true } }, handlers);
    const members = capabilities.replacesMembers ? 2 : 1;
    assert.deepEqual(await pool.start(START_MS), Array(members).fill({ greeting: 'LOADING' }));
    assert.deepEqual(handlers.calls, Array(members).fill({ text: 'loading', job: null }));
    await pool.close(START_MS);
  });

  it('rejects when a program cannot be loaded, with the reason', async () => {
    const pool = create({ size: 2, data: { failToLoad: 'no such library' } }, new TestHandlers());
    await assert.rejects(pool.start(START_MS), (error) => {
      assert.ok(error instanceof PoolError && error.cause instanceof Error);
      assert.equal(error.cause.name, 'TypeError');
      assert.match(error.message, /no such library/);
      assert.match(error.cause.stack ?? '', /scripted/);
      return true;
    });
    assert.deepEqual(pool.snapshot().members, []);
  });
}

export function exerciseClose({ withPool, itIf }: PoolSuite): void {
  it('closes when what runs has ended, and takes nothing more', () =>
    withPool({ size: 1 }, async ({ pool, handlers }) => {
      const jobs = [new TestJob('spin:50'), new TestJob('echo')];
      for (const job of jobs) await submit(pool, handlers, job);
      const closed = pool.close(START_MS);
      assert.equal(pool.submit(new TestJob('echo')), false);
      await closed;
      assert.deepEqual(
        jobs.map((job) => job.endCount),
        [1, 1],
      );
      assert.deepEqual(pool.snapshot().members, []);
      outcomeText(await (jobs[1] as TestJob).end);
    }));

  itIf('endsComputations', 'ends what still runs when the time to close is over', () =>
    withPool({ size: 1 }, async ({ pool, handlers }) => {
      const running = await submit(pool, handlers, new TestJob('loop'));
      const queued = new TestJob('echo');
      assert.ok(pool.submit(queued));
      await running.accepted;
      await pool.close(20);
      assert.deepEqual(await running.end, { type: 'terminated', started: true });
      assert.deepEqual(await queued.end, { type: 'terminated', started: false });
    }),
  );
}
