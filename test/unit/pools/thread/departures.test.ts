/** Why members leave a pool of threads: each is told and counted once, by the last cause that was found. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RetireCause } from '../../../../core/ports/pool.js';
import { LanePool } from '../../../../pools/thread/lane-pool.js';
import type { LanePoolOptions } from '../../../../pools/thread/pool-options.js';
import { submit, TestHandlers, TestJob } from '../../../support/pool-job.js';

const programUrl = new URL('../../../support/members/scripted.js', import.meta.url).href;
const START_MS = 10_000;

type Act = (pool: LanePool, handlers: TestHandlers) => Promise<unknown>;

async function causesOf(options: Omit<LanePoolOptions, 'programUrl'>, act: Act): Promise<TestHandlers['retired']> {
  const handlers = new TestHandlers();
  const pool = new LanePool({ ...options, programUrl }, handlers);
  await pool.start(START_MS);
  await act(pool, handlers);
  const { retired, recycled } = pool.snapshot();
  await pool.close(START_MS);
  const counted: Partial<Record<RetireCause, number>> = {};
  for (const { cause } of handlers.retired) counted[cause] = (counted[cause] ?? 0) + 1;
  assert.deepEqual(retired, counted);
  assert.equal(recycled, counted.tasks ?? 0);
  return handlers.retired;
}

async function isRun(pool: LanePool, handlers: TestHandlers, job: TestJob): Promise<void> {
  await (
    await submit(pool, handlers, job)
  ).end;
}

/** Gives up promises that are awaited. They are by the time that what came behind them has ended. */
async function giveUp(pool: LanePool, handlers: TestHandlers, count: number): Promise<void> {
  const jobs = Array.from({ length: count }, () => new TestJob('hold'));
  for (const job of jobs) await submit(pool, handlers, job);
  await isRun(pool, handlers, new TestJob('echo'));
  for (const job of jobs) pool.cancel(job, { terminate: true });
  await Promise.all(jobs.map(({ end }) => end));
}

describe('the cause for which a member leaves', { timeout: 30_000 }, () => {
  it('is that it has run its jobs', async () => {
    const retired = await causesOf({ size: 1, maxTasksPerMember: 2 }, async (pool, handlers) => {
      for (let i = 0; i < 2; i++) await isRun(pool, handlers, new TestJob('echo'));
      await isRun(pool, handlers, new TestJob('who'));
    });
    assert.deepEqual(retired[0], { name: '0.1', cause: 'tasks', detail: 'it has run 2 jobs' });
  });

  it('is the limit that a computation ran into, or its end on request', async () => {
    const [limit] = await causesOf({ size: 1 }, (pool, handlers) =>
      isRun(pool, handlers, new TestJob('loop', { timeLimitMs: 20 })),
    );
    assert.equal(limit?.cause, 'time-limit');
    const [ended] = await causesOf({ size: 1 }, async (pool, handlers) => {
      const job = await submit(pool, handlers, new TestJob('loop'));
      await job.accepted;
      pool.cancel(job, { terminate: true });
      await job.end;
    });
    assert.equal(ended?.cause, 'terminated');
  });

  it('lets it go when the last of several runs was given up, too', async () => {
    const retired = await causesOf({ size: 1, asyncPerMember: 3 }, async (pool, handlers) => {
      await giveUp(pool, handlers, 2);
      // Its place was kept for ever before: nothing ran any more.
      await isRun(pool, handlers, new TestJob('echo'));
    });
    assert.equal(retired[0]?.cause, 'abandoned-run');
  });

  it('is the run that was given up and is awaited no more', async () => {
    const [abandoned] = await causesOf({ size: 1, asyncPerMember: 2 }, (pool, handlers) => giveUp(pool, handlers, 1));
    assert.equal(abandoned?.cause, 'abandoned-run');
  });

  it('is the new size or the new modules of the pool', async () => {
    const shrunk = await causesOf({ size: 2 }, (pool) => {
      pool.resize(1);
      return Promise.resolve();
    });
    assert.deepEqual(shrunk[0], { name: '1.1', cause: 'shrunk', detail: 'the pool is smaller now' });
    const renewed = await causesOf({ size: 1 }, (pool) => pool.renew({}));
    assert.deepEqual(renewed[0], { name: '0.1', cause: 'renewed', detail: 'its modules are old' });
  });

  it('is its own end, with what became of it', async () => {
    const [lost] = await causesOf({ size: 1 }, (pool, handlers) => isRun(pool, handlers, new TestJob('exit:3')));
    assert.equal(lost?.cause, 'lost');
    assert.match(lost.detail, /exited with code 3/);
  });

  it('is what it wrote into its shared memory', async () => {
    const [poisoned] = await causesOf({ size: 1 }, (pool, handlers) => isRun(pool, handlers, new TestJob('scribble')));
    assert.equal(poisoned?.cause, 'poisoned');
  });

  it('is counted once, as the last that was found: one that is to leave may die before', async () => {
    const retired = await causesOf({ size: 2 }, async (pool, handlers) => {
      const jobs = [new TestJob('wait-abort-and-exit'), new TestJob('wait-abort-and-exit')];
      for (const job of jobs) await submit(pool, handlers, job);
      await Promise.all(jobs.map((job) => job.accepted));
      pool.resize(1);
      assert.deepEqual(pool.snapshot().retired, { shrunk: 1 });
      for (const job of jobs) pool.cancel(job, { terminate: false });
      await Promise.all(jobs.map((job) => job.end));
      assert.deepEqual(pool.snapshot().retired, { lost: 2 });
      // What was told first is taken back by what is told last.
      handlers.retired.splice(0, 1);
    });
    assert.deepEqual(
      retired.map(({ cause }) => cause),
      ['lost', 'lost'],
    );
  });
});
