/** G6 for child processes: one that writes into its pipe what no child writes hurts only itself. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ProcessPool } from '../../../../pools/process/process-pool.js';
import { LIES } from '../../../support/members/lying.js';
import { submit, TestHandlers, TestJob } from '../../../support/pool-job.js';

const programUrl = new URL('../../../support/members/lying.js', import.meta.url).href;
const START_MS = 20_000;

describe('a child that tells its host', { timeout: 60_000 }, () => {
  for (const lie of LIES) {
    it(`${lie}: its job ends once, its neighbour is not touched, the next one runs`, async () => {
      const handlers = new TestHandlers();
      const pool = new ProcessPool({ size: 2, programUrl }, handlers);
      try {
        await pool.start(START_MS);
        const neighbour = await submit(pool, handlers, new TestJob('hold'));
        await neighbour.accepted;
        const liar = await submit(pool, handlers, new TestJob(lie, { timeLimitMs: 2_000 }));
        const end = await liar.end;
        assert.ok(end.type === 'outcome' || end.type === 'lost', end.type);
        const next = await submit(pool, handlers, new TestJob('who', { timeLimitMs: 10_000 }));
        await next.end;
        const sound = await submit(pool, handlers, new TestJob('who', { timeLimitMs: 10_000 }));
        assert.equal((await sound.end).type, 'outcome');
        for (const job of [liar, next, sound]) assert.equal(job.endCount, 1);
        assert.deepEqual([neighbour.endCount, pool.snapshot().inFlight], [0, 1]);
        for (const { cause } of handlers.retired) assert.ok(cause === 'poisoned' || cause === 'lost');
      } finally {
        await pool.close(0);
      }
    });
  }

  for (const lie of ['READY that cannot be read', 'LOAD_FAILED that cannot be read']) {
    it(`${lie}, while it loads: the start fails, the host lives`, async () => {
      const pool = new ProcessPool({ size: 1, data: lie, programUrl }, new TestHandlers());
      await assert.rejects(pool.start(START_MS), /member 0 \(process \d+\) wrote what no member writes into its pipe/);
      assert.deepEqual(pool.snapshot().members, []);
    });
  }
});
