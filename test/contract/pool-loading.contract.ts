/**
 * Members that die while they load: the pool says why, tries again ever later, and works as soon as one has loaded. The
 * program is test/support/members/loading.ts.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { systemClock, type Clock } from '../../core/kernel/clock.js';
import { PoolError } from '../../core/kernel/errors.js';
import type { Pool, PoolHandlers } from '../../core/ports/pool.js';
import type { Loading, LoadingData } from '../support/members/loading.js';
import { submit, TestHandlers, TestJob, type JobEnd } from '../support/pool-job.js';

export interface LoadingPoolOptions {
  readonly size: number;
  readonly data: LoadingData;
  readonly clock?: Clock;
}

export type CreateLoadingPool = (options: LoadingPoolOptions, handlers: PoolHandlers) => Pool;

/** Unlike every delay of a pool: a hasty clock lets members have it. */
const START_MS = 40_000;
const BREAKER_MS = 30_000;
const LONGEST_BACKOFF_MS = 2_000;
/** Threads are looked at that often; pipes of a child are read so long. */
const OTHER_DELAYS_MS = [50, 1_000];

/** What a pool waits for between two tries takes no time, but is noted. */
function hastyClock(delaysMs: number[]): Clock {
  return {
    ...systemClock,
    after: (delayMs, fire, options) => {
      const isBackoff = delayMs >= 25 && delayMs <= LONGEST_BACKOFF_MS && !OTHER_DELAYS_MS.includes(delayMs);
      const isBetweenTries = delayMs === BREAKER_MS || isBackoff;
      if (!isBetweenTries) return systemClock.after(delayMs, fire, options);
      delaysMs.push(delayMs);
      return systemClock.after(1, fire, options);
    },
  };
}

function textOf(end: JobEnd): string {
  return end.type === 'outcome' ? end.text : end.type;
}

export function exerciseLoading(name: string, create: CreateLoadingPool): void {
  const rejection = async (...byEpoch: readonly Loading[]): Promise<Error> => {
    const pool = create({ size: 2, data: { byEpoch } }, new TestHandlers());
    const error = await pool.start(START_MS).then(
      () => null,
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof PoolError);
    assert.deepEqual(pool.snapshot().members, []);
    return error;
  };

  describe(`${name}: members that do not load`, { timeout: 60_000 }, () => {
    for (const [how, says] of [
      ['throws', /^member \d \(.*\) could not load its program: no such library \(at file:.*loading\.js:\d+/],
      ['rejects', /could not load its program: no such server \(at file:.*loading\.js:\d+/],
      ['exits', /member \d \(.*\) exited with code 3 before its program was loaded/],
      ['throws-later', /uncaught RangeError before its program was loaded: thrown beside the loading/],
    ] as const) {
      it(`end the start of their pool with the reason: it ${how}`, async () => {
        assert.match((await rejection(how)).message, says);
      });
    }

    it('end the start of their pool when they are not ready in time', async () => {
      const pool = create({ size: 2, data: { byEpoch: ['hangs'] } }, new TestHandlers());
      await assert.rejects(pool.start(300), /0 of 2 members are ready|member \d \(.*\) was not ready within 300 ms/);
      assert.deepEqual(pool.snapshot().members, []);
    });

    it('are tried again ever later, and every half minute after five; then all that waits runs once', async () => {
      const delaysMs: number[] = [];
      const handlers = new TestHandlers();
      const dead: readonly Loading[] = ['throws', 'exits', 'rejects', 'throws-later', 'exits', 'throws', 'throws'];
      const data: LoadingData = { byEpoch: ['loads', ...dead, 'loads'] };
      const pool = create({ size: 1, data, clock: hastyClock(delaysMs) }, handlers);
      await pool.start(START_MS);
      assert.equal(textOf(await (await submit(pool, handlers, new TestJob('who'))).end), '0.1');
      const fatal = await submit(pool, handlers, new TestJob('exit'));
      const waiting = Array.from({ length: 5 }, () => new TestJob('who'));
      for (const job of waiting) await submit(pool, handlers, job);
      assert.equal(textOf(await fatal.end), 'lost');
      for (const job of waiting) assert.deepEqual([textOf(await job.end), job.endCount], ['0.9', 1]);
      const [first, ...others] = handlers.lost.map(({ error }) => error.message);
      assert.match(first ?? '', /exited with code 1$/);
      assert.equal(others.length, dead.length);
      const says = { throws: /no such library/, rejects: /no such server/, exits: /code 3 before/ } as const;
      for (const [at, how] of dead.entries()) {
        assert.match(others[at] ?? '', how in says ? says[how as keyof typeof says] : /beside the loading/);
        assert.match(others[at] ?? '', /^member 0 \(/);
      }
      assert.deepEqual(pool.snapshot().retired, { lost: 1 + dead.length });
      assert.deepEqual(
        delaysMs.map((ms) => ms === BREAKER_MS),
        [false, false, false, false, true, true, true],
        delaysMs.join(),
      );
      assert.ok((delaysMs[3] ?? 0) > (delaysMs[0] ?? 0));
      await pool.close(START_MS);
    });

    it('count as such when there is an objection to what they have loaded, until there is none', async () => {
      const delaysMs: number[] = [];
      const handlers = Object.assign(new TestHandlers(), {
        objectionTo: (manifest: unknown): string | null => {
          const { epoch } = manifest as { readonly epoch: number };
          return epoch === 2 || epoch === 3 ? `missing: what epoch 1 had, not ${String(epoch)}` : null;
        },
      });
      const options = { size: 1, data: { byEpoch: ['loads'] }, clock: hastyClock(delaysMs) } as const;
      const pool = create(options, handlers);
      await pool.start(START_MS);
      const fatal = await submit(pool, handlers, new TestJob('exit'));
      const behind = await submit(pool, handlers, new TestJob('who'));
      assert.deepEqual([textOf(await fatal.end), textOf(await behind.end), behind.endCount], ['lost', '0.4', 1]);
      const [, ...others] = handlers.lost.map(({ error }) => error.message);
      assert.equal(others.length, 2);
      for (const [at, message] of others.entries()) {
        assert.match(message, /^member 0 \(.*\) cannot take its place: missing: what epoch 1 had, not \d$/);
        assert.ok(message.endsWith(String(at + 2)));
      }
      // One for each that was of no use: the first had ended no job.
      assert.equal(delaysMs.length, 3);
      await pool.close(START_MS);
    });

    it('hold nobody up: the others run, and one that is ready late has its share from then on', async () => {
      const handlers = new TestHandlers();
      const pool = create({ size: 2, data: { byEpoch: ['loads', 'late', 'loads'] } }, handlers);
      await pool.start(START_MS);
      const [one, other] = await Promise.all(
        ['exit', 'who'].map(async (head) => (await submit(pool, handlers, new TestJob(head))).end),
      );
      assert.deepEqual([one?.type, other?.type], ['lost', 'outcome']);
      const members = new Set<string>();
      while (members.size < 2) members.add(textOf(await (await submit(pool, handlers, new TestJob('who'))).end));
      assert.deepEqual(
        pool.snapshot().members.map(({ state }) => state),
        ['ready', 'ready'],
      );
      await pool.close(START_MS);
    });
  });
}
