/**
 * G6, word by word: a member that writes over one class of the words that it shares with the host. Its own jobs end, those
 * of its neighbour are not touched, the host lives, and what cannot be is told as `poisoned`.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LanePool } from '../../pools/thread/lane-pool.js';
import { HOSTILE_WORDS } from '../support/members/hostile.js';
import { submit, TestHandlers, TestJob } from '../support/pool-job.js';

const programUrl = new URL('../support/members/hostile.js', import.meta.url).href;
const ringSizes = { tasksBytes: 1024, repliesBytes: 256, outcomesBytes: 512, callsBytes: 256 };
const VALUES = [-1, 1, 2 ** 31 - 8];
const LIMIT_MS = 150;
/** A member that has scribbled over its own bells and stamps looks idle: then only its caller can tell that it is stuck. */
const STUCK_AFTER_MS = 400;

async function endsOf(pool: LanePool, handlers: TestHandlers, heads: readonly string[]): Promise<readonly TestJob[]> {
  const jobs = heads.map((head) => new TestJob(head, { timeLimitMs: LIMIT_MS }));
  const stuck = setTimeout(() => {
    for (const job of jobs) {
      if (pool.cancel(job, { terminate: true }) === 'recalled') job.onTerminated(new Error('recalled'), false);
    }
  }, STUCK_AFTER_MS);
  for (const job of jobs) await submit(pool, handlers, job);
  await Promise.all(jobs.map(({ end }) => end));
  clearTimeout(stuck);
  return jobs;
}

async function endOf(pool: LanePool, handlers: TestHandlers, head: string): Promise<string> {
  const [job] = await endsOf(pool, handlers, [head]);
  return (await job?.end)?.type ?? 'none';
}

async function withPool(test: (pool: LanePool, handlers: TestHandlers, neighbour: TestJob) => Promise<void>) {
  const handlers = new TestHandlers();
  const pool = new LanePool({ programUrl, size: 2, ringSizes }, handlers);
  try {
    await pool.start(20_000);
    const neighbour = await submit(pool, handlers, new TestJob('hold'));
    await neighbour.accepted;
    await test(pool, handlers, neighbour);
    assert.deepEqual([neighbour.endCount, pool.snapshot().inFlight], [0, 1]);
  } finally {
    await pool.close(0);
  }
  assert.deepEqual(pool.snapshot().members, []);
}

describe('G6 a member that writes over', { timeout: 120_000 }, () => {
  for (const name of HOSTILE_WORDS) {
    it(`${name}: its jobs end once, its neighbour is not touched, the pool works on`, () =>
      withPool(async (pool, handlers) => {
        for (const value of VALUES) {
          for (const act of ['word', 'later']) {
            const head = `${act}:${name}:${String(value)}`;
            const jobs = await endsOf(pool, handlers, [head, 'echo', 'echo']);
            for (const job of jobs) assert.equal(job.endCount, 1, head);
          }
        }
        pool.resize(3);
        // The last scribbler may still be there, and take some with it.
        let isSound = false;
        while (!isSound) isSound = (await endOf(pool, handlers, 'echo')) === 'outcome';
      }));
  }

  for (const name of ['outcomes: tail', 'calls: tail']) {
    it(`${name}, seen by the host: it is killed as poisoned, with an alarm that says so`, () =>
      withPool(async (pool, handlers) => {
        const job = await submit(pool, handlers, new TestJob(`later:${name}:-1`));
        // The host may look after the outcome was sent and before the member writes over it, or after both.
        assert.match((await job.end).type, /^(outcome|lost)$/);
        await handlers.someRetirement();
        assert.deepEqual(
          handlers.retired.map(({ cause, detail }) => `${cause}: ${detail}`),
          ['poisoned: it wrote what no member writes into its shared memory'],
        );
        assert.deepEqual(pool.snapshot().retired, { poisoned: 1 });
        assert.equal((await (await submit(pool, handlers, new TestJob('echo'))).end).type, 'outcome');
      }));
  }
});
