import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PoolJob } from '../../../../core/ports/pool.js';
import { LanePool } from '../../../../pools/thread/lane-pool.js';
import { submit, TestHandlers, TestJob, type JobEnd } from '../../../support/pool-job.js';

const programUrl = new URL('../../../support/members/scripted.js', import.meta.url).href;

async function withPool(
  asyncPerMember: number,
  test: (pool: LanePool, handlers: TestHandlers) => Promise<void>,
): Promise<void> {
  const handlers = new TestHandlers();
  const pool = new LanePool({ programUrl, size: 1, asyncPerMember }, handlers);
  try {
    await pool.start(10_000);
    await test(pool, handlers);
  } finally {
    await pool.close(0);
  }
}

/** Looks at what has been printed the moment it ends. */
class LookingJob extends TestJob {
  seen: readonly { readonly text: string; readonly job: PoolJob | null }[] = [];
  readonly #handlers: TestHandlers;

  constructor(head: string, handlers: TestHandlers) {
    super(head);
    this.#handlers = handlers;
  }

  override onOutcome(kind: number, payload: Uint8Array): void {
    this.seen = [...this.#handlers.printed];
    super.onOutcome(kind, payload);
  }

  override onLost(error: Error): void {
    this.seen = [...this.#handlers.printed];
    super.onLost(error);
  }
}

async function runAll(pool: LanePool, handlers: TestHandlers, jobs: readonly TestJob[]): Promise<JobEnd[]> {
  for (const job of jobs) await submit(pool, handlers, job);
  return Promise.all(jobs.map((job) => job.end));
}

describe('what members print', { timeout: 30_000 }, () => {
  for (const act of ['print', 'print-later']) {
    it(`comes with the run that printed it, before its end, and in order (${act})`, () =>
      withPool(1, async (pool, handlers) => {
        const jobs = Array.from({ length: 50 }, (_, i) => new LookingJob(`${act}:words ${String(i)}`, handlers));
        await runAll(pool, handlers, jobs);
        assert.deepEqual(
          handlers.printed,
          jobs.map((job, i) => ({ text: `words ${String(i)}`, job })),
        );
        for (const job of jobs) assert.ok(job.seen.some((printed) => printed.job === job));
      }));
  }

  it('comes before the loss of a run that exits', () =>
    withPool(1, async (pool, handlers) => {
      const job = new LookingJob('print-and-exit:last words', handlers);
      assert.equal((await runAll(pool, handlers, [job]))[0]?.type, 'lost');
      assert.deepEqual(job.seen, [{ text: 'last words', job }]);
    }));

  it('names nobody when several runs wait and the program does not say whose code it is', () =>
    withPool(10, async (pool, handlers) => {
      const jobs = ['print:sync', 'print-later:one', 'print-later:two'].map((head) => new LookingJob(head, handlers));
      await runAll(pool, handlers, jobs);
      assert.deepEqual(handlers.printed, [
        { text: 'sync', job: jobs[0] },
        { text: 'one', job: null },
        { text: 'two', job: null },
      ]);
      for (const job of jobs) assert.ok(job.seen.some(({ text }) => job.head.endsWith(text)));
    }));
});
