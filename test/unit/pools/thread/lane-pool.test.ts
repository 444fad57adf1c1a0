/** What only a pool of threads can show, beside the contract of all pools. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { systemClock, type Clock } from '../../../../core/kernel/clock.js';
import { ConfigError, PoolError } from '../../../../core/kernel/errors.js';
import { LanePool } from '../../../../pools/thread/lane-pool.js';
import type { LanePoolOptions } from '../../../../pools/thread/pool-options.js';
import type { ScriptedData } from '../../../support/members/scripted.js';
import { submit, TestHandlers, TestJob } from '../../../support/pool-job.js';

const programUrl = new URL('../../../support/members/scripted.js', import.meta.url).href;
const START_MS = 10_000;

function createPool(options: Omit<LanePoolOptions, 'programUrl'> & { readonly data?: ScriptedData }) {
  const handlers = new TestHandlers();
  return { handlers, pool: new LanePool({ ...options, programUrl }, handlers) };
}

async function textOf(job: TestJob): Promise<string> {
  const end = await job.end;
  return end.type === 'outcome' ? end.text : end.type;
}

describe('the start of a LanePool', { timeout: 30_000 }, () => {
  it('refuses options out of range at once', async () => {
    assert.throws(() => createPool({ size: 0 }), ConfigError);
    assert.throws(() => createPool({ ringSizes: { tasksBytes: 1000 } }), ConfigError);
    const { pool } = createPool({ size: 1 });
    assert.throws(() => {
      pool.resize(0);
    }, ConfigError);
    await pool.close(0);
    await assert.rejects(pool.start(START_MS), PoolError);
  });

  it('rejects with a PoolError when Node refuses to start a thread', async () => {
    const refused: readonly Omit<LanePoolOptions, 'programUrl'>[] = [
      { size: 2, execArgv: ['--no-such-option'] },
      { size: 2, data: () => 'functions cannot be cloned' },
    ];
    for (const options of refused) {
      const pool = new LanePool({ ...options, programUrl }, new TestHandlers());
      await assert.rejects(pool.start(START_MS), (error) => {
        assert.ok(error instanceof PoolError && error.cause instanceof Error);
        assert.match(error.message, /could not be started: .*(no-such-option|could not be cloned)/);
        return true;
      });
      assert.deepEqual(pool.snapshot().members, []);
    }
  });

  it('rejects when a program is not ready in time', async () => {
    const { pool } = createPool({ size: 1, data: { hangInEpoch: 1 } });
    await assert.rejects(pool.start(50), /0 of 1 members are ready/);
    assert.deepEqual(pool.snapshot().members, []);
  });

  it('rejects when the pool is closed meanwhile', async () => {
    const { pool } = createPool({ size: 2, data: { hangInEpoch: 1 } });
    const started = pool.start(START_MS);
    await Promise.all([assert.rejects(started, /closed while it started/), pool.close(0)]);
    assert.deepEqual(pool.snapshot().members, []);
  });

  it('follows the size of the pool', async () => {
    for (const [from, to] of [
      [3, 1],
      [1, 2],
    ] as const) {
      const { pool } = createPool({ size: from });
      const started = pool.start(START_MS);
      pool.resize(to);
      assert.equal((await started).length, to);
      await pool.close(0);
    }
  });
});

describe('the members of a LanePool', { timeout: 30_000 }, () => {
  it('are given up when a replacement does not become ready, and tried again', async () => {
    const overdue: (() => void)[] = [];
    // The timers of READY fire when the test says so.
    const clock: Clock = {
      ...systemClock,
      after: (delayMs, fire, options) => {
        if (delayMs !== START_MS || options?.keepsAlive !== false) return systemClock.after(delayMs, fire, options);
        overdue.push(fire);
        return { cancel: () => undefined };
      },
    };
    const { pool, handlers } = createPool({ size: 1, clock, data: { hangInEpoch: 2 } });
    await pool.start(START_MS);
    const fatal = await submit(pool, handlers, new TestJob('exit:1'));
    assert.equal(await textOf(fatal), 'lost');
    const next = submit(pool, handlers, new TestJob('who'));
    while (pool.snapshot().members[0]?.epoch !== 2) await new Promise((resolve) => setImmediate(resolve));
    overdue.at(-1)?.();
    assert.equal(await textOf(await next), '0.3');
    assert.match(handlers.lost[1]?.error.message ?? '', /not ready within 10000 ms/);
    await pool.close(START_MS);
  });

  it('T9 lose their place and their queue at once when they are ended, even in native code', async () => {
    const { pool } = createPool({ size: 1 });
    await pool.start(START_MS);
    const stuck = new TestJob('block:1.5', { timeLimitMs: 50 });
    const behind = new TestJob('who');
    assert.ok(pool.submit(stuck) && pool.submit(behind));
    assert.equal(await textOf(behind), '0.2');
    assert.equal(stuck.endCount, 0);
    assert.equal(await textOf(stuck), 'time-limit');
    await pool.close(START_MS);
  });

  it('survive the cancelling of a run that has ended unheard of', async () => {
    const marks = new Int32Array(new SharedArrayBuffer(4));
    const { pool, handlers } = createPool({ size: 1, data: { marks } });
    await pool.start(START_MS);
    const ended = new TestJob('echo');
    const running = new TestJob('mark-and-spin:100');
    assert.ok(pool.submit(ended) && pool.submit(running));
    await new Promise<void>((resolve) => {
      process.nextTick(resolve);
    });
    // The host hears nothing while it is in this loop.
    while (Atomics.load(marks, 0) === 0);
    assert.equal(pool.cancel(ended, { terminate: true }), 'running');
    assert.deepEqual([await textOf(ended), await textOf(running)], ['', 'spun']);
    assert.equal(await textOf(await submit(pool, handlers, new TestJob('who'))), '0.1');
    await pool.close(START_MS);
  });
});

describe('jobs that one turn submits to a LanePool', { timeout: 30_000 }, () => {
  const turns = { 'when the lanes are full': 4, 'after a batch': 1_024 };
  for (const [name, laneDepth] of Object.entries(turns)) {
    it(`are begun before the turn ends, ${name}`, async () => {
      const marks = new Int32Array(new SharedArrayBuffer(4));
      const { pool } = createPool({ size: 1, laneDepth, data: { marks } });
      await pool.start(START_MS);
      const jobs = [new TestJob('mark-and-spin:0')];
      const isTaken = (job: TestJob): boolean => pool.submit(job);
      for (const job of jobs) if (isTaken(job) && jobs.length < 256) jobs.push(new TestJob('echo'));
      // The host computes on, as one that submits thousands does.
      const endMs = performance.now() + START_MS;
      while (Atomics.load(marks, 0) === 0 && performance.now() < endMs);
      assert.equal(Atomics.load(marks, 0), 1);
      assert.ok(jobs.length <= 256 && jobs.every(({ endCount }) => endCount === 0));
      await pool.close(START_MS);
    });
  }
});
