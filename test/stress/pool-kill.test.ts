/** T14, G2, G12: members terminated at random moments, under load, with rings so small that everything is full. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createSeededRandom } from '../../core/kernel/random.js';
import { LanePool } from '../../pools/thread/lane-pool.js';
import { submit, TestHandlers, TestJob } from '../support/pool-job.js';

const programUrl = new URL('../support/members/scripted.js', import.meta.url).href;
const ringSizes = { tasksBytes: 2048, repliesBytes: 1024, outcomesBytes: 1024, callsBytes: 1024 };

describe('a pool under load whose members are killed', { timeout: 120_000 }, () => {
  it('tells every job exactly one end, and an echo never carries the bytes of another', async () => {
    const seed = Number(process.env['CELERIAC_SEED'] ?? Date.now() % 100_000);
    console.log(`seed ${String(seed)}`);
    const random = createSeededRandom(seed);
    const handlers = new TestHandlers();
    const pool = new LanePool({ programUrl, size: 2, ringSizes, asyncPerMember: 2 }, handlers);
    await pool.start(10_000);
    const jobs: TestJob[] = [];
    let kills = 0;
    for (let i = 0; i < 6_000; i++) {
      const size = Math.floor(random.float() ** 4 * 3_000);
      const body = Buffer.alloc(size, `${String(i)},`);
      const job = await submit(pool, handlers, new TestJob(random.float() < 0.2 ? 'call' : 'echo', { body }));
      jobs.push(job);
      const victim = jobs[Math.floor(jobs.length - random.float() * 40)];
      const isKill = random.float() < 0.02 && victim !== undefined;
      if (isKill && pool.cancel(victim, { terminate: true }) === 'running') kills++;
      else if (isKill && victim.endCount === 0) victim.onTerminated(new Error('recalled'), false);
    }
    const ends = await Promise.all(jobs.map((job) => job.end));
    await pool.close(5_000);
    assert.ok(kills > 0);
    for (const [i, end] of ends.entries()) {
      const job = jobs[i] as TestJob;
      assert.equal(job.endCount, 1);
      if (end.type !== 'outcome') continue;
      const sent = Buffer.from(job.body);
      assert.ok(end.payload.equals(job.head === 'call' ? Buffer.from(sent.toString().toUpperCase()) : sent));
    }
    assert.equal(pool.snapshot().inFlight, 0);
  });
});
