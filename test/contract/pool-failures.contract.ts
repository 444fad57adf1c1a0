/**
 * Runs that go wrong (issue 6 point 6, reliability T1 to T12), one after the other in one pool: what each is told, that a
 * run in another member notices nothing, that what stood behind it runs once, and that the pool is whole afterwards. The
 * program is test/support/members/faults.ts.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Pool, PoolHandlers, RetireCause } from '../../core/ports/pool.js';
import { submit, TestHandlers, TestJob, type JobEnd } from '../support/pool-job.js';

export interface FailurePoolOptions {
  readonly size: number;
  readonly asyncPerMember?: number;
  readonly maxTasksPerMember?: number;
  readonly maxHeapMb: number;
}

export type CreateFailurePool = (options: FailurePoolOptions, handlers: PoolHandlers) => Pool;

/** What is to come of a run. */
interface Fault {
  readonly head: string;
  readonly title: string;
  readonly end: JobEnd['type'];
  /** What its error, or its outcome, says; `member` is a name that every loss begins with. */
  readonly says: RegExp;
  /** Why its member is replaced; null when it stays. */
  readonly cause: RetireCause | null;
  readonly timeLimitMs?: number;
  /** What differs in a process of its own. */
  readonly inProcess?: Partial<Pick<Fault, 'end' | 'says' | 'cause'>>;
}

const START_MS = 20_000;
const LIMIT_MS = 100;
const BEHIND = 4;

function lost(head: string, title: string, says: RegExp, inProcess: Fault['inProcess'] = {}): Fault {
  return { head, title, end: 'lost', says, cause: 'lost', inProcess };
}

function limited(head: string, title: string, cause: RetireCause): Fault {
  return { head, title, end: 'time-limit', says: /hard time limit of 0.1 s/, cause, timeLimitMs: LIMIT_MS };
}

/** The run had ended: nobody pays. */
function idle(head: string, title: string): Fault {
  return { head, title, end: 'outcome', says: /^returned$/, cause: 'lost' };
}

const FAULTS: readonly Fault[] = [
  lost('throw:error', 'an error with a cause and fields', /member \d \(.*\) died of an uncaught RangeError: outer/),
  lost('throw:text', 'words that are thrown', /uncaught Error: 'only words'/),
  lost('throw:nothing', 'undefined that is thrown', /uncaught Error: undefined/),
  lost('throw:bare', 'an object without a prototype', /uncaught Error: .*reason: 'bare'/),
  lost('throw:unshowable', 'an object that cannot be shown', /uncaught Error: what was thrown cannot be shown/),
  lost('throw:frozen', 'a frozen error', /uncaught RangeError: frozen/),
  lost('throw:unreadable', 'an error that cannot be read', /uncaught Error: its message cannot be read/),
  lost('throw:function', 'an error with fields that cannot be cloned', /uncaught RangeError: with a function/),
  lost('reject:error', 'a rejection', /uncaught RangeError: outer/),
  lost('reject:unreadable', 'a rejection that cannot be read', /uncaught Error: its message cannot be read/),
  lost('throw-outside:error', 'T1 a throw outside of its promise', /uncaught RangeError: outer/),
  lost('throw-outside:text', 'T1 words thrown outside of its promise', /only words/),
  lost('throw-outside:unreadable', 'T1 an unreadable throw outside of its promise', /uncaught/),
  lost('reject-outside:error', 'T1 a rejection that nobody handles', /uncaught RangeError: outer/),
  lost('reject-outside:text', 'T1 a rejection with words that nobody handles', /only words/),
  idle('throw-later:error', 'T1 a throw after it had returned'),
  idle('reject-later:error', 'T1 an unhandled rejection after it had returned'),
  lost('exit:0', 'T2 process.exit(0)', /member \d \(.*\) exited with code 0/),
  lost('exit:7', 'T2 process.exit(7)', /exited with code 7/),
  lost('exit-outside:7', 'T2 process.exit() in a callback', /exited with code 7/),
  idle('exit-later:7', 'T2 process.exit() after it had returned'),
  lost('overflow', 'T3 a stack that overflows', /uncaught RangeError: Maximum call stack size exceeded/),
  lost('abort', 'T3 process.abort()', /process\.abort\(\) is not supported in workers/, { says: /killed by SIGABRT/ }),
  lost('full-heap', 'T4 a heap that is full', /member \d \(.*\) ran out of memory/),
  limited('loop', 'T8 an endless loop', 'time-limit'),
  limited('microtasks', 'T8 microtasks without end', 'abandoned-run'),
  limited('never', 'T8 a promise that never settles', 'abandoned-run'),
  limited('wait-for-a-process:0.4', 'T9 a native call that blocks', 'time-limit'),
  limited('wait-for-a-message', 'T9 a loop that waits for a message', 'time-limit'),
  limited('wait-atomically', 'T10 Atomics.wait without end', 'time-limit'),
  { head: 'leak', title: 'T12 a server and a timer left open', end: 'outcome', says: /^returned$/, cause: null },
  {
    head: 'overflow-in-calls',
    title: 'T3 a stack that overflows in calls to the host',
    end: 'outcome',
    says: /^true SOUND$/,
    cause: null,
  },
];

function wordsOf(end: JobEnd): string {
  if (end.type === 'outcome') return end.text;
  return 'error' in end ? end.error.message : '';
}

class Bench {
  readonly handlers = new TestHandlers();
  readonly pool: Pool;

  constructor(create: CreateFailurePool, options: FailurePoolOptions) {
    this.pool = create(options, this.handlers);
  }

  submit(...job: ConstructorParameters<typeof TestJob>): Promise<TestJob> {
    return submit(this.pool, this.handlers, new TestJob(...job));
  }

  /** Resolves when so many members have left. */
  async retirements(count: number): Promise<void> {
    while (this.handlers.retired.length < count) await this.handlers.nextRetirement();
  }

  /** Runs it beside a neighbour in another member, and before others that wait. */
  async strike(fault: Fault): Promise<void> {
    const { pool, handlers } = this;
    const neighbour = await this.submit('wait');
    await neighbour.accepted;
    const leftBefore = handlers.retired.length;
    const lostBefore = pool.snapshot().lost;
    const expected = pool.capabilities.containsCrashes ? { ...fault, ...fault.inProcess } : fault;
    try {
      await this.#runStruck(fault, expected);
      if (expected.cause !== null) await this.retirements(leftBefore + 1);
      assert.equal(neighbour.endCount, 0);
    } finally {
      pool.cancel(neighbour, { terminate: false });
    }
    assert.equal(wordsOf(await neighbour.end), 'waited');
    assert.equal(neighbour.endCount, 1);
    const causes = handlers.retired.slice(leftBefore).map(({ cause }) => cause);
    assert.deepEqual(causes, expected.cause === null ? [] : [expected.cause]);
    const { inFlight, lost: lostNow } = pool.snapshot();
    assert.deepEqual([inFlight, lostNow - lostBefore], [0, expected.end === 'lost' ? 1 : 0]);
  }

  async #runStruck({ head, timeLimitMs }: Fault, { end, says }: Pick<Fault, 'end' | 'says'>): Promise<void> {
    const struck = await this.submit(head, timeLimitMs === undefined ? {} : { timeLimitMs });
    const behind: TestJob[] = [];
    for (let at = 0; at < BEHIND; at++) behind.push(await this.submit('echo', { body: Buffer.from(String(at)) }));
    const struckEnd = await struck.end;
    const ends = await Promise.all(behind.map((job) => job.end));
    assert.deepEqual([struckEnd.type, struck.endCount], [end, 1], wordsOf(struckEnd));
    assert.match(wordsOf(struckEnd), says);
    assert.deepEqual(ends.map(wordsOf), [...ends.keys()].map(String));
    for (const job of behind) assert.deepEqual([job.endCount, job.acceptedCount], [1, 1]);
  }
}

export function exerciseFailures(name: string, create: CreateFailurePool): void {
  describe(`${name}: a run that goes wrong`, { timeout: 120_000 }, () => {
    let bench: Bench;

    before(async () => {
      bench = new Bench(create, { size: 2, maxHeapMb: 40 });
      await bench.pool.start(START_MS);
    });

    after(async () => {
      await bench.pool.close(0);
      assert.deepEqual(bench.pool.snapshot().members, []);
    });

    for (const fault of FAULTS) it(`${fault.title}: ${fault.end}`, () => bench.strike(fault));
  });

  describe(`${name}: promises that wait in a member that dies`, { timeout: 60_000 }, () => {
    for (const [head, says] of [
      ['exit:7', /exited with code 7/],
      ['throw-later:error', /uncaught RangeError: outer/],
      ['exit-later:7', /exited with code 7/],
    ] as const) {
      it(`are lost with it, once, with the reason, and nobody else is: ${head}`, async () => {
        const bench = new Bench(create, { size: 1, asyncPerMember: 3, maxHeapMb: 64 });
        try {
          await bench.pool.start(START_MS);
          const waiting = [await bench.submit('wait'), await bench.submit('never')];
          await Promise.all(waiting.map((job) => job.accepted));
          const fatal = await bench.submit(head);
          for (const job of waiting) {
            const end = await job.end;
            assert.deepEqual([end.type, job.endCount], ['lost', 1]);
            assert.match(wordsOf(end), says);
          }
          assert.equal((await fatal.end).type, head.includes('later') ? 'outcome' : 'lost');
          assert.equal(wordsOf(await (await bench.submit('who')).end), '0.2');
          const { inFlight, lost: lostCount } = bench.pool.snapshot();
          assert.deepEqual([inFlight, lostCount], [0, head.includes('later') ? 2 : 3]);
        } finally {
          await bench.pool.close(0);
        }
      });
    }

    it('end when microtasks without end are terminated, though there is no limit', async () => {
      const bench = new Bench(create, { size: 1, maxHeapMb: 64 });
      try {
        await bench.pool.start(START_MS);
        const endless = await bench.submit('microtasks');
        await endless.accepted;
        assert.equal(bench.pool.cancel(endless, { terminate: true }), 'running');
        assert.deepEqual(await endless.end, { type: 'terminated', started: true });
        assert.equal(wordsOf(await (await bench.submit('who')).end), '0.2');
      } finally {
        await bench.pool.close(0);
      }
    });
  });
}
