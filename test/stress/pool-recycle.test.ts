/**
 * T15: every job gets a new member while the pool grows and shrinks: nothing is lost, doubled or hung. 300 jobs, since a
 * thread takes some 100 ms of a core; with CELERIAC_FULL=1 100,000.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createSeededRandom } from '../../core/kernel/random.js';
import { LanePool } from '../../pools/thread/lane-pool.js';
import { submit, TestHandlers, TestJob } from '../support/pool-job.js';

const programUrl = new URL('../support/members/scripted.js', import.meta.url).href;
const isFull = process.env['CELERIAC_FULL'] === '1';
const JOBS = isFull ? 100_000 : 300;
const MAX_SIZE = 4;

it(
  'T15 one job a member, under load, while the pool grows and shrinks',
  { timeout: isFull ? 7_200_000 : 300_000 },
  async () => {
    const seed = Number(process.env['CELERIAC_SEED'] ?? Date.now() % 100_000);
    console.log(`seed ${String(seed)}`);
    const random = createSeededRandom(seed);
    const handlers = new TestHandlers();
    const pool = new LanePool({ programUrl, size: 2, maxTasksPerMember: 1, warmSpares: 1 }, handlers);
    await pool.start(60_000);
    let running = 0;
    const members = new Set<string>();
    let odd = 0;
    for (let i = 0; i < JOBS; i++) {
      if (random.float() < 0.02) pool.resize(1 + Math.floor(random.float() * MAX_SIZE));
      const job = await submit(pool, handlers, new TestJob('who'));
      running++;
      void job.end.then((end) => {
        running--;
        if (end.type !== 'outcome' || job.endCount !== 1 || members.has(end.text)) odd++;
        else members.add(end.text);
      });
    }
    pool.resize(1);
    while (running > 0) await new Promise((resolve) => setImmediate(resolve));
    const { inFlight, completed } = pool.snapshot();
    assert.deepEqual([odd, members.size, completed, inFlight], [0, JOBS, JOBS, 0]);
    assert.deepEqual(handlers.lost, []);
    await pool.close(60_000);
    assert.deepEqual(pool.snapshot().members, []);
  },
);
