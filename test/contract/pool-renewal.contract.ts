/** What `renew` of a pool promises (WORK-58): other data and fresh modules in every member, and no job the worse for it. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { PoolError } from '../../core/kernel/errors.js';
import type { Pool } from '../../core/ports/pool.js';
import { START_MS, type PoolSuite } from './pool-suite.js';
import { submit, TestHandlers, TestJob } from '../support/pool-job.js';

export function exerciseRenewal({ create, capabilities, itIf }: PoolSuite): void {
  const withPool = async (
    size: number,
    test: (pool: Pool, run: (act: string) => Promise<string>, handlers: TestHandlers) => Promise<void>,
  ): Promise<void> => {
    const handlers = new TestHandlers();
    const pool = create({ size, data: { label: 'old' } }, handlers);
    const run = async (act: string): Promise<string> => {
      const end = await (await submit(pool, handlers, new TestJob(act))).end;
      return end.type === 'outcome' ? end.text : end.type;
    };
    try {
      await pool.start(START_MS);
      await test(pool, run, handlers);
    } finally {
      await pool.close(0);
    }
  };

  itIf('replacesMembers', 'replaces every member by one with the new data, and tells its manifest', () =>
    withPool(2, async (pool, run, handlers) => {
      assert.equal(await run('label'), 'old');
      assert.deepEqual(await pool.renew({ label: 'new' }), { greeting: null, label: 'new' });
      const labels = await Promise.all(Array.from({ length: 20 }, () => run('label')));
      assert.deepEqual(new Set(labels), new Set(['new']));
      assert.equal(handlers.lost.length, 0);
    }),
  );

  itIf('replacesMembers', 'may load something else, which the members that follow then have to have', async () => {
    let agreed = 'old';
    const handlers = Object.assign(new TestHandlers(), {
      objectionTo: (manifest: unknown): string | null => {
        const { label } = manifest as { readonly label: string };
        return label === agreed ? null : `not ${agreed}`;
      },
    });
    const pool = create({ size: 2, data: { label: 'old' } }, handlers);
    try {
      await pool.start(START_MS);
      await pool.renew({ label: 'new' }).then(() => (agreed = 'new'));
      const jobs = Array.from({ length: 20 }, () => new TestJob('label'));
      for (const job of jobs) await submit(pool, handlers, job);
      for (const job of jobs) assert.equal(((await job.end) as { readonly text?: string }).text, 'new');
      assert.equal(handlers.lost.length, 0);
    } finally {
      await pool.close(0);
    }
  });

  itIf('replacesMembers', 'keeps the members that it starts for the old ones', () =>
    withPool(3, async (pool, run) => {
      await pool.renew({ label: 'new' });
      const { members, retired } = pool.snapshot();
      assert.deepEqual(
        members.filter(({ state }) => state === 'terminating'),
        [],
      );
      assert.equal(retired.renewed, 3);
      assert.equal(await run('label'), 'new');
    }),
  );

  itIf('replacesMembers', 'lets a run end where it began, and gives the jobs behind it to new members', () =>
    withPool(1, async (pool, run, handlers) => {
      const holding = await submit(pool, handlers, new TestJob('wait-abort'));
      await holding.accepted;
      const behind = run('label');
      await pool.renew({ label: 'new' });
      assert.equal(holding.endCount, 0);
      pool.cancel(holding, { terminate: false });
      const end = await holding.end;
      assert.equal(end.type === 'outcome' ? end.text : end.type, 'TerminatedError');
      assert.equal(await behind, 'new');
    }),
  );

  itIf('replacesMembers', 'keeps the old members when a new one cannot load, and can try again', () =>
    withPool(2, async (pool, run, handlers) => {
      await assert.rejects(pool.renew({ label: 'new', failToLoad: 'broken module' }), /broken module/);
      assert.equal(await run('label'), 'old');
      assert.equal(handlers.lost.length, 0, 'whoever renews hears of it');
      await pool.renew({ label: 'mended' });
      assert.equal(await run('label'), 'mended');
    }),
  );

  itIf('replacesMembers', 'renews once at a time', () =>
    withPool(1, async (pool, run) => {
      const first = pool.renew({ label: 'first' });
      await assert.rejects(pool.renew({ label: 'second' }), PoolError);
      await first;
      assert.equal(await run('label'), 'first');
    }),
  );

  itIf('replacesMembers', 'ends a renewal when it is closed', () =>
    withPool(1, async (pool) => {
      const renewed = pool.renew({ label: 'new' });
      const rejected = assert.rejects(renewed, PoolError);
      await pool.close(0);
      await rejected;
      await assert.rejects(pool.renew({}), PoolError);
    }),
  );

  if (capabilities.replacesMembers) return;
  it('refuses to renew what it cannot replace, and runs on', () =>
    withPool(1, async (pool, run) => {
      await assert.rejects(pool.renew({ label: 'new' }), PoolError);
      assert.equal(await run('label'), 'old');
    }));
}
