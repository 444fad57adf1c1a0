/** What every pool of members must do. An adapter's test creates its pool over test/support/members/scripted.ts. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ResourceLimits } from 'node:worker_threads';
import { PoolError } from '../../core/kernel/errors.js';
import type { Pool, PoolHandlers } from '../../core/ports/pool.js';
import type { ScriptedData } from '../support/members/scripted.js';
import { exerciseRenewal } from './pool-renewal.contract.js';
import { submit, TestHandlers, TestJob, type JobEnd } from '../support/pool-job.js';

export interface PoolContractOptions {
  readonly size: number;
  readonly data?: ScriptedData;
  readonly asyncPerMember?: number;
  readonly maxTasksPerMember?: number;
  readonly resourceLimits?: ResourceLimits;
}

export type CreatePool = (options: PoolContractOptions, handlers: PoolHandlers) => Pool;

interface Bench {
  readonly pool: Pool;
  readonly handlers: TestHandlers;
  readonly run: (...job: ConstructorParameters<typeof TestJob>) => Promise<JobEnd>;
}

const START_MS = 10_000;

export function exercisePool(name: string, create: CreatePool): void {
  const withPool = async (options: PoolContractOptions, test: (bench: Bench) => Promise<void>): Promise<void> => {
    const handlers = new TestHandlers();
    const pool = create(options, handlers);
    try {
      await pool.start(START_MS);
      const run = async (...job: ConstructorParameters<typeof TestJob>): Promise<JobEnd> =>
        (await submit(pool, handlers, new TestJob(...job))).end;
      await test({ pool, handlers, run });
    } finally {
      await pool.close(0);
    }
  };
  describe(`${name}: a pool of members`, { timeout: 60_000 }, () => {
    exerciseRuns(withPool);
    exerciseStart(create);
    exerciseDeaths(withPool);
    exerciseLimits(withPool);
    exerciseLifecycle(withPool);
    exerciseClose(withPool);
    exerciseRenewal(create);
  });
}

type WithPool = (options: PoolContractOptions, test: (bench: Bench) => Promise<void>) => Promise<void>;

function outcomeText(end: JobEnd): string {
  assert.equal(end.type, 'outcome');
  return end.type === 'outcome' ? end.text : '';
}

function errorOf(end: JobEnd, type: 'lost' | 'time-limit'): Error {
  assert.equal(end.type, type);
  return 'error' in end ? end.error : new Error();
}

/** Acts the moment it is told of its loss, as a worker that retries does. */
class ReactingJob extends TestJob {
  readonly #react: () => void;

  constructor(head: string, react: () => void) {
    super(head);
    this.#react = react;
  }

  override onLost(error: Error): void {
    this.#react();
    super.onLost(error);
  }
}

function exerciseRuns(withPool: WithPool): void {
  it('gives back what the program made of head and body', () =>
    withPool({ size: 1 }, async ({ run }) => {
      assert.equal(outcomeText(await run('echo', { body: Buffer.from('häuser') })), 'häuser');
      assert.equal(outcomeText(await run('echo:çé')), '');
    }));

  it('carries 5 MB both ways', () =>
    withPool({ size: 1 }, async ({ run }) => {
      const body = Buffer.alloc(5_000_000, 'celeriac ');
      const end = await run('echo', { body });
      assert.ok(end.type === 'outcome' && end.payload.equals(body));
    }));

  it('tells that a run has been accepted before its outcome', () =>
    withPool({ size: 1 }, async ({ pool, handlers }) => {
      const job = await submit(pool, handlers, new TestJob('echo'));
      await job.end;
      assert.equal(job.acceptedCount, 1);
    }));

  it('answers false when every lane is full, and tells when there is room', () =>
    withPool({ size: 1 }, async ({ pool, handlers }) => {
      const jobs: TestJob[] = [];
      let refused = 0;
      for (let i = 0; i < 3_000; i++) {
        const job = new TestJob('echo', { body: Buffer.from(String(i)) });
        if (!pool.submit(job)) {
          refused++;
          await handlers.room();
          i--;
        } else jobs.push(job);
      }
      const texts = await Promise.all(jobs.map(async (job) => outcomeText(await job.end)));
      assert.ok(refused > 0);
      assert.deepEqual(texts, [...texts.keys()].map(String));
    }));

  it('serves the calls of a run with replies and errors', () =>
    withPool({ size: 1 }, async ({ handlers, run }) => {
      assert.equal(outcomeText(await run('call', { body: Buffer.from('hello') })), 'HELLO');
      assert.equal(outcomeText(await run('call-failing')), 'TypeError/refused/E_REFUSED');
      assert.notEqual(handlers.calls[0]?.job, null);
    }));

  it('keeps the order of more calls than a ring holds', () =>
    withPool({ size: 1 }, async ({ run, handlers }) => {
      const numbers = [...Array(20_000).keys()].map(String);
      assert.equal(outcomeText(await run('many-calls:20000')), numbers.join(','));
      assert.deepEqual(
        handlers.calls.map(({ text }) => text),
        numbers,
      );
    }));

  it('runs as many promises at once as the member has slots', () =>
    withPool({ size: 1, asyncPerMember: 3 }, async ({ pool, handlers, run }) => {
      const held = [new TestJob('hold'), new TestJob('hold')];
      for (const job of held) await submit(pool, handlers, job);
      assert.equal(outcomeText(await run('echo', { body: Buffer.from('third') })), 'third');
      await Promise.all(held.map((job) => job.accepted));
    }));

  it('passes on what a member prints', () =>
    withPool({ size: 1 }, async ({ handlers, run }) => {
      await run('print:words');
      await handlers.someOutput();
      assert.equal(handlers.output, 'words');
    }));

  it('passes on what a member prints just before it exits', () =>
    withPool({ size: 1 }, async ({ handlers, run }) => {
      assert.equal((await run('print-and-exit:last words')).type, 'lost');
      await handlers.someOutput();
      assert.equal(handlers.output, 'last words');
    }));

  it('ignores what user code posts to its parent port', () =>
    withPool({ size: 1 }, async ({ run }) => {
      assert.equal(outcomeText(await run('post-to-parent')), 'posted');
      assert.equal(outcomeText(await run('who')), '0.1');
    }));

  it('gives what waits behind a long run to a member that has nothing to do', () =>
    withPool({ size: 2 }, async ({ pool, handlers }) => {
      const long = await submit(pool, handlers, new TestJob('wait-abort'));
      await long.accepted;
      const short = Array.from({ length: 20 }, () => new TestJob('echo'));
      for (const job of short) await submit(pool, handlers, job);
      await Promise.all(short.map((job) => job.end));
      assert.equal(long.endCount, 0);
      pool.cancel(long, { terminate: false });
      assert.equal(outcomeText(await long.end), 'TerminatedError');
    }));
}

function exerciseStart(create: CreatePool): void {
  it('serves calls that a program makes while it loads, and hands over its manifest', async () => {
    const handlers = new TestHandlers();
    const pool = create({ size: 2, data: { callBeforeReady: true } }, handlers);
    assert.deepEqual(await pool.start(START_MS), [{ greeting: 'LOADING' }, { greeting: 'LOADING' }]);
    assert.deepEqual(handlers.calls, [
      { text: 'loading', job: null },
      { text: 'loading', job: null },
    ]);
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

function exerciseDeaths(withPool: WithPool): void {
  for (const act of ['throw-inside', 'reject-inside']) {
    it(`ends a member whose program breaks its contract (${act}), and names the error as the cause of the loss`, () =>
      withPool({ size: 1 }, async ({ run }) => {
        const { cause } = errorOf(await run(act), 'lost');
        assert.ok(cause instanceof Error && cause.name === 'RangeError');
        assert.match(cause.message, /by the program/);
        assert.equal(outcomeText(await run('who')), '0.2');
      }));
  }

  it('gives the outcome of a run that its member survived by a moment only, also a large one', () =>
    withPool({ size: 1 }, async ({ run }) => {
      assert.equal(outcomeText(await run('big-and-exit:1000000')).length, 1_000_000);
    }));

  it('runs what is submitted by whoever is told of a loss', () =>
    withPool({ size: 1 }, async ({ pool, handlers }) => {
      const next = new TestJob('who');
      const fatal = new ReactingJob('exit:1', () => void submit(pool, handlers, next));
      await submit(pool, handlers, fatal);
      errorOf(await fatal.end, 'lost');
      assert.equal(outcomeText(await next.end), '0.2');
    }));

  it('recalls, for whoever is told of a loss, what stood behind the lost run', () =>
    withPool({ size: 1 }, async ({ pool, handlers, run }) => {
      const behind = new TestJob('echo');
      const answers: string[] = [];
      const fatal = new ReactingJob('exit:1', () => answers.push(pool.cancel(behind, { terminate: false })));
      assert.ok(pool.submit(fatal) && pool.submit(behind));
      errorOf(await fatal.end, 'lost');
      assert.equal(outcomeText(await run('who')), '0.2');
      assert.deepEqual([answers, behind.endCount, pool.snapshot().inFlight], [['recalled'], 0, 0]);
      assert.equal(handlers.lost.length, 1);
    }));

  it('reports the run of a member that exits as lost, and replaces the member', () =>
    withPool({ size: 1 }, async ({ handlers, run }) => {
      assert.match(errorOf(await run('exit:3'), 'lost').message, /code 3/);
      assert.equal(outcomeText(await run('who')), '0.2');
      assert.equal(handlers.lost.length, 1);
      assert.equal(handlers.lost[0]?.epoch, 1);
    }));

  it('reports the run of a member that dies of an error outside of it as lost, with that error', () =>
    withPool({ size: 1 }, async ({ run }) => {
      const error = errorOf(await run('throw-outside'), 'lost');
      assert.ok(error.cause instanceof Error);
      assert.equal(error.cause.message, 'thrown outside of the task');
      assert.equal(outcomeText(await run('who')), '0.2');
    }));

  it('names a member that ran out of memory', () =>
    withPool({ size: 1, resourceLimits: { maxOldGenerationSizeMb: 32 } }, async ({ run }) => {
      assert.match(errorOf(await run('oom'), 'lost').message, /ERR_WORKER_OUT_OF_MEMORY/);
      assert.equal(outcomeText(await run('who')), '0.2');
    }));

  it('runs elsewhere what a dead member had not started', () =>
    withPool({ size: 1 }, async ({ pool, handlers }) => {
      const fatal = new TestJob('exit:1');
      const behind = Array.from({ length: 10 }, (_, i) => new TestJob('echo', { body: Buffer.from(String(i)) }));
      for (const job of [fatal, ...behind]) assert.ok(pool.submit(job));
      errorOf(await fatal.end, 'lost');
      const texts = await Promise.all(behind.map(async (job) => outcomeText(await job.end)));
      assert.deepEqual(texts, [...texts.keys()].map(String));
      assert.ok(behind.every((job) => job.endCount === 1 && job.acceptedCount === 1));
      assert.equal(handlers.lost.length, 1);
    }));

  it('carries out the call that a run had made before its member was killed', () =>
    withPool({ size: 1 }, async ({ handlers, run }) => {
      errorOf(await run('call-and-loop', { body: Buffer.from('last words'), timeLimitMs: 50 }), 'time-limit');
      assert.deepEqual(
        handlers.calls.map(({ text }) => text),
        ['last words'],
      );
    }));
}

function exerciseLimits(withPool: WithPool): void {
  it('ends an endless loop at its hard limit, and runs what stood behind it', () =>
    withPool({ size: 1 }, async ({ pool, handlers }) => {
      const startMs = performance.now();
      const loop = new TestJob('loop', { timeLimitMs: 100 });
      const behind = new TestJob('who');
      assert.ok(pool.submit(loop) && pool.submit(behind));
      assert.match(errorOf(await loop.end, 'time-limit').message, /0\.1 s/);
      assert.ok(performance.now() - startMs >= 99);
      assert.equal(outcomeText(await behind.end), '0.2');
      assert.equal(handlers.lost.length, 0);
    }));

  it('ends a promise at its hard limit and lets its neighbour finish', () =>
    withPool({ size: 1, asyncPerMember: 2 }, async ({ pool, handlers, run }) => {
      const neighbour = await submit(pool, handlers, new TestJob('wait-abort'));
      await neighbour.accepted;
      errorOf(await run('hold', { timeLimitMs: 50 }), 'time-limit');
      assert.equal(neighbour.endCount, 0);
      pool.cancel(neighbour, { terminate: false });
      assert.equal(outcomeText(await neighbour.end), 'TerminatedError');
      assert.equal(outcomeText(await run('who')), '0.2');
    }));

  it('ends the neighbours of a promise past its limit as lost when the loop of the member is stuck', () =>
    withPool({ size: 1, asyncPerMember: 2 }, async ({ pool, handlers, run }) => {
      const neighbour = await submit(pool, handlers, new TestJob('wait-abort'));
      await neighbour.accepted;
      errorOf(await run('loop-later', { timeLimitMs: 50 }), 'time-limit');
      assert.match(errorOf(await neighbour.end, 'lost').message, /stuck/);
      assert.equal(outcomeText(await run('who')), '0.2');
    }));

  it('lets a neighbour compute in peace after a promise was ended at its limit', () =>
    withPool({ size: 1, asyncPerMember: 2 }, async ({ pool, handlers }) => {
      const late = await submit(pool, handlers, new TestJob('hold', { timeLimitMs: 50 }));
      await late.accepted;
      const neighbour = await submit(pool, handlers, new TestJob('spin:1300'));
      errorOf(await late.end, 'time-limit');
      assert.equal(outcomeText(await neighbour.end), 'spun');
    }));

  it('aborts the signal of a run at its soft limit, also in a loop that polls it', () =>
    withPool({ size: 1 }, async ({ run }) => {
      assert.equal(outcomeText(await run('wait-abort', { softTimeLimitMs: 30 })), 'SoftTimeLimitExceeded');
      assert.equal(outcomeText(await run('poll-abort', { softTimeLimitMs: 30 })), 'SoftTimeLimitExceeded');
      assert.equal(outcomeText(await run('who')), '0.1');
    }));
}

function exerciseLifecycle(withPool: WithPool): void {
  it('recalls a job that has not started', () =>
    withPool({ size: 1 }, async ({ pool, handlers }) => {
      const running = await submit(pool, handlers, new TestJob('hold'));
      const queued = new TestJob('echo');
      assert.ok(pool.submit(queued));
      await running.accepted;
      assert.equal(pool.cancel(queued, { terminate: false }), 'recalled');
      assert.equal(pool.cancel(queued, { terminate: false }), 'unknown');
      assert.equal(pool.cancel(running, { terminate: true }), 'running');
      assert.deepEqual(await running.end, { type: 'terminated', started: true });
      assert.equal(queued.acceptedCount + queued.endCount, 0);
    }));

  it('takes back only what has not started, and does not disturb what runs', () =>
    withPool({ size: 1 }, async ({ pool, handlers }) => {
      const running = await submit(pool, handlers, new TestJob('wait-abort'));
      const queued = new TestJob('echo');
      assert.ok(pool.submit(queued));
      await running.accepted;
      assert.deepEqual([pool.isRunning(running), pool.isRunning(queued)], [true, false]);
      assert.deepEqual([pool.recall(running), pool.recall(queued), pool.recall(queued)], [false, true, false]);
      // Its signal has not been touched: it is this that ends it.
      pool.cancel(running, { terminate: false });
      assert.equal(outcomeText(await running.end), 'TerminatedError');
      assert.deepEqual([pool.isRunning(running), running.endCount, queued.endCount], [false, 1, 0]);
    }));

  it('finds room again after everything that filled it was recalled', () =>
    withPool({ size: 1 }, async ({ pool, handlers, run }) => {
      const running = await submit(pool, handlers, new TestJob('wait-abort'));
      await running.accepted;
      const queued: TestJob[] = [];
      const body = Buffer.alloc(20_000);
      for (let job = new TestJob('echo', { body }); pool.submit(job); job = new TestJob('echo', { body }))
        queued.push(job);
      for (const job of queued) assert.equal(pool.cancel(job, { terminate: false }), 'recalled');
      const next = run('who');
      pool.cancel(running, { terminate: false });
      assert.equal(outcomeText(await next), '0.1');
    }));

  it('terminates a running loop on request', () =>
    withPool({ size: 1 }, async ({ pool, handlers, run }) => {
      const job = await submit(pool, handlers, new TestJob('loop'));
      await job.accepted;
      assert.equal(pool.cancel(job, { terminate: true }), 'running');
      assert.deepEqual(await job.end, { type: 'terminated', started: true });
      assert.equal(outcomeText(await run('who')), '0.2');
    }));

  it('loses nothing when every run gets a new member', () =>
    withPool({ size: 2, maxTasksPerMember: 1 }, async ({ pool, handlers }) => {
      const jobs = Array.from({ length: 30 }, () => new TestJob('who'));
      for (const job of jobs) await submit(pool, handlers, job);
      const members = await Promise.all(jobs.map(async (job) => outcomeText(await job.end)));
      assert.equal(new Set(members).size, jobs.length);
      assert.equal(handlers.lost.length, 0);
      assert.ok(pool.snapshot().recycled >= jobs.length - 2);
    }));

  it('gives no member more asynchronous runs than it may have, and loses none', () =>
    withPool({ size: 2, asyncPerMember: 3, maxTasksPerMember: 4 }, async ({ pool, handlers }) => {
      const jobs = Array.from({ length: 40 }, () => new TestJob('who-later'));
      for (const job of jobs) await submit(pool, handlers, job);
      const runs = new Map<string, number>();
      for (const job of jobs) {
        const member = outcomeText(await job.end);
        runs.set(member, (runs.get(member) ?? 0) + 1);
      }
      assert.ok(Math.max(...runs.values()) <= 4);
      assert.ok(pool.snapshot().recycled <= runs.size);
      assert.equal(handlers.lost.length, 0);
    }));

  it('grows and shrinks', () =>
    withPool({ size: 1 }, async ({ pool, handlers }) => {
      const holding = await submit(pool, handlers, new TestJob('wait-abort'));
      await holding.accepted;
      pool.resize(2);
      const second = await submit(pool, handlers, new TestJob('who'));
      assert.equal(outcomeText(await second.end), '1.1');
      pool.resize(1);
      assert.equal(pool.snapshot().size, 1);
      pool.cancel(holding, { terminate: false });
      assert.equal(outcomeText(await holding.end), 'TerminatedError');
    }));

  it('counts what it holds and has done', () =>
    withPool({ size: 1 }, async ({ pool, handlers, run }) => {
      await run('echo');
      await run('exit:1');
      const holding = await submit(pool, handlers, new TestJob('hold'));
      await holding.accepted;
      const { members, laneDepth, ...counts } = pool.snapshot();
      assert.ok(laneDepth >= 1);
      assert.deepEqual(counts, {
        size: 1,
        inFlight: 1,
        completed: 1,
        lost: 1,
        recycled: 0,
        retired: { lost: 1 },
        stuckThreads: 0,
      });
      assert.deepEqual(
        members.map(({ index, epoch }) => [index, epoch]),
        [[0, 2]],
      );
    }));
}

function exerciseClose(withPool: WithPool): void {
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

  it('ends what still runs when the time to close is over', () =>
    withPool({ size: 1 }, async ({ pool, handlers }) => {
      const running = await submit(pool, handlers, new TestJob('loop'));
      const queued = new TestJob('echo');
      assert.ok(pool.submit(queued));
      await running.accepted;
      await pool.close(20);
      assert.deepEqual(await running.end, { type: 'terminated', started: true });
      assert.deepEqual(await queued.end, { type: 'terminated', started: false });
    }));
}
