/**
 * T13: runs that replace what the language and Node give to everybody. Later runs of that member end with their own
 * bytes, or the member is replaced; another member notices nothing. The program is test/support/members/patching.ts.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Pool } from '../../core/ports/pool.js';
import type { CreateFailurePool } from './pool-failures.contract.js';
import { submit, TestHandlers, TestJob, type JobEnd } from '../support/pool-job.js';

const START_MS = 20_000;
/** Of a run that waits for a promise that can never settle. */
const LIMIT_MS = 1_000;
/** A member that does not go by itself is ended after 5 s. */
const PROMPT_MS = 4_000;

/** With these replaced, by what throws or by what does nothing, everything goes on in the same member. */
const HARMLESS = [
  'Atomics.load',
  'Atomics.store',
  'Atomics.compareExchange',
  'Atomics.wait',
  'Array.push',
  'Array.map',
  'Array.indexOf',
  'JSON.parse',
  'JSON.stringify',
  'Date.now',
  'performance.now',
  'globalThis.Error',
  'globalThis.setTimeout',
];
/** With these a member need not live on: every promise, table and text of it is made with them. */
const SERIOUS = ['globalThis.Promise', 'Promise.then', 'Map.get', 'Map.set', 'buffer.toString', 'Function.call'];

async function patchAndRun(pool: Pool, handlers: TestHandlers, patch: string): Promise<readonly JobEnd[]> {
  const heads = [`patch:${patch}`, 'echo', 'later', 'echo', 'later'];
  const ends: JobEnd[] = [];
  for (const head of heads) {
    const body = Buffer.from(`bytes of ${head}`);
    const job = await submit(pool, handlers, new TestJob(head, { body, timeLimitMs: LIMIT_MS }));
    const end = await job.end;
    ends.push(end);
    if (end.type !== 'outcome') continue;
    const answers = { echo: body.toString(), later: body.toString().toUpperCase() };
    assert.equal(end.text, head in answers ? answers[head as keyof typeof answers] : 'patched', patch);
  }
  // So that the next one finds a sound member.
  assert.equal((await (await submit(pool, handlers, new TestJob('exit'))).end).type, 'lost', patch);
  return ends;
}

export function exercisePatches(name: string, create: CreateFailurePool): void {
  describe(`${name}: T13 a run that replaces what belongs to all`, { timeout: 120_000 }, () => {
    const withPool = async (test: (pool: Pool, handlers: TestHandlers) => Promise<void>): Promise<void> => {
      const handlers = new TestHandlers();
      const pool = create({ size: 2, maxHeapMb: 64 }, handlers);
      try {
        await pool.start(START_MS);
        const neighbour = await submit(pool, handlers, new TestJob('hold'));
        await neighbour.accepted;
        await test(pool, handlers);
        assert.equal(neighbour.endCount, 0);
      } finally {
        await pool.close(0);
      }
    };

    it('keeps its member, and what runs there next ends with its own bytes', () =>
      withPool(async (pool, handlers) => {
        for (const path of HARMLESS) {
          for (const how of ['idle', 'throws']) {
            const ends = await patchAndRun(pool, handlers, `${how}:${path}`);
            assert.deepEqual(new Set(ends.map(({ type }) => type)), new Set(['outcome']), `${how}:${path}`);
          }
        }
        assert.deepEqual(pool.snapshot().retired, { lost: 2 * HARMLESS.length });
      }));

    it('has what runs there next end all the same where it cannot be kept', () =>
      withPool(async (pool, handlers) => {
        for (const path of SERIOUS) await patchAndRun(pool, handlers, `throws:${path}`);
        // These two leave nothing that could fail: only a limit ends what waits.
        const ends = await patchAndRun(pool, handlers, 'idle:Promise.then');
        assert.ok(ends.every(({ type }) => type === 'outcome' || type === 'time-limit' || type === 'lost'));
        assert.equal(pool.snapshot().inFlight, 1);
      }));

    for (const path of ['process.exit', 'Promise.finally', 'Promise.catch']) {
      it(`lets its member go when it is to go, though ${path} does nothing`, async () => {
        const handlers = new TestHandlers();
        const pool = create({ size: 1, maxHeapMb: 64 }, handlers);
        await pool.start(START_MS);
        const job = await submit(pool, handlers, new TestJob(`patch:idle:${path}`));
        assert.equal((await job.end).type, 'outcome');
        const startMs = performance.now();
        await pool.close(START_MS);
        assert.ok(performance.now() - startMs < PROMPT_MS);
      });
    }
  });
}
