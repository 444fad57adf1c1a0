/**
 * What every pool must do that says it `interruptsComputations`: a soft limit ends code that never looks, whatever is on
 * the stack, and nobody else notices. The program is test/support/members/guarded-kinds.ts.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Pool, PoolCall, PoolHandlers } from '../../core/ports/pool.js';
import { guardedKinds } from '../support/members/guarded-kinds.js';
import { submit, TestHandlers, TestJob, type JobEnd } from '../support/pool-job.js';

export type CreateGuardedPool = (
  options: { readonly size: number; readonly asyncPerMember?: number },
  handlers: PoolHandlers,
) => Pool;

const START_MS = 20_000;
/** A run that is not interrupted is ended at this limit, and its test fails. */
const HARD_MS = 30_000;
const SOFT_MS = 20;
/** In a continuation the stack unwinds by another way: these leave something on it. */
const LATER = ['loop', 'AsyncResource.runInAsyncScope', 'AsyncLocalStorage.run', 'calls to the host in a loop'];

function textOf(end: JobEnd): string {
  return end.type === 'outcome' ? end.text : end.type;
}

export function exerciseGuard(name: string, create: CreateGuardedPool): void {
  const withPool = async (
    options: Parameters<CreateGuardedPool>[0] & { readonly onCall?: PoolHandlers['onCall'] },
    test: (pool: Pool, handlers: TestHandlers) => Promise<void>,
  ): Promise<void> => {
    const handlers = new TestHandlers();
    const { onCall = handlers.onCall, ...size } = options;
    const { onRoom, onMemberLost, onRetire, onOutput } = handlers;
    const pool = create(size, { onCall, onRoom, onMemberLost, onRetire, onOutput });
    try {
      await pool.start(START_MS);
      await test(pool, handlers);
    } finally {
      await pool.close(0);
    }
  };
  describe(`${name}: a soft limit that strikes`, { timeout: 120_000 }, () => {
    it('ends every kind of code with SoftTimeLimitExceeded, replaces the member and loses nothing', () =>
      withPool({ size: 4 }, async (pool, handlers) => {
        const heads = [...Object.keys(guardedKinds), ...LATER.map((kind) => `later: ${kind}`)];
        const ended = heads.map(async (head) => {
          const job = new TestJob(head, { softTimeLimitMs: SOFT_MS, timeLimitMs: HARD_MS });
          await submit(pool, handlers, job);
          return `${head}: ${textOf(await job.end)}`;
        });
        assert.deepEqual(
          await Promise.all(ended),
          heads.map((head) => `${head}: SoftTimeLimitExceeded`),
        );
        assert.deepEqual(handlers.lost, []);
        assert.deepEqual(pool.snapshot().retired, { interrupted: heads.length });
        const next = await submit(pool, handlers, new TestJob('who'));
        assert.match(textOf(await next.end), /^\d\.\d+$/);
      }));

    it('lets the promises of its member finish, and gives what stood behind to the next one', () => {
      const held: PoolCall[] = [];
      const onCall = (call: PoolCall): void => void held.push(call);
      return withPool({ size: 1, asyncPerMember: 2, onCall }, async (pool, handlers) => {
        const neighbour = await submit(pool, handlers, new TestJob('reply', { body: Buffer.from('neighbour') }));
        const struck = new TestJob('AsyncResource.runInAsyncScope', {
          softTimeLimitMs: SOFT_MS,
          timeLimitMs: HARD_MS,
        });
        await submit(pool, handlers, struck);
        const behind = await submit(pool, handlers, new TestJob('who'));
        assert.equal(textOf(await struck.end), 'SoftTimeLimitExceeded');
        for (const call of held) call.reply(Buffer.from('late'));
        assert.equal(textOf(await neighbour.end), 'late');
        assert.equal(textOf(await behind.end), '0.2');
        assert.deepEqual(
          handlers.retired.map(({ cause }) => cause),
          ['interrupted'],
        );
      });
    });

    it('spares a function that was seen to look at its signal', () =>
      withPool({ size: 1 }, async (pool, handlers) => {
        const looks = new TestJob('reader', { softTimeLimitMs: SOFT_MS, body: Buffer.from('look') });
        await submit(pool, handlers, looks);
        assert.equal(textOf(await looks.end), 'returned');
        const deaf = new TestJob('reader', { softTimeLimitMs: SOFT_MS, timeLimitMs: 700 });
        await submit(pool, handlers, deaf);
        assert.equal(textOf(await deaf.end), 'time-limit');
        assert.equal(deaf.softLimitCount, 1);
      }));

    it('is asked of jobs with a soft limit only', () =>
      withPool({ size: 1 }, async (pool, handlers) => {
        const job = new TestJob('loop', { timeLimitMs: 700 });
        await submit(pool, handlers, job);
        assert.equal(textOf(await job.end), 'time-limit');
      }));
  });
}
