import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ThreadPool } from '../../../../../pools/public.js';

const filename = new URL('../../../../support/members/contexts.js', import.meta.url);
const CLEAN = [undefined, 'untouched'];
const ROUNDS = 30;

function withPool(asyncPerMember: number, test: (pool: ThreadPool) => Promise<void>): Promise<void> {
  const run = async (): Promise<void> => {
    await using pool = new ThreadPool({ filename, minThreads: 1, maxThreads: 1, asyncPerMember });
    await test(pool);
  };
  return run();
}

/** Runs the function between looks, all handed over at once, and answers what the looks have found. */
async function looksAround(pool: ThreadPool, name: string, look: string): Promise<unknown[]> {
  const looks: Promise<unknown>[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    const entered = pool.run(`store ${String(i)}`, { name });
    looks.push(pool.run(null, { name: look }));
    await (i % 2 === 0 ? entered : Promise.resolve());
  }
  return Promise.all(looks);
}

describe('the contexts of runs', { timeout: 30_000 }, () => {
  for (const asyncPerMember of [1, 50]) {
    for (const name of ['enter', 'enterInside', 'keep', 'enterLater']) {
      for (const look of ['look', 'lookLater']) {
        it(`are their own: ${look} after ${name}, ${String(asyncPerMember)} at once`, () =>
          withPool(asyncPerMember, async (pool) => {
            const found = await looksAround(pool, name, look);
            assert.deepEqual(
              found,
              Array.from({ length: ROUNDS }, () => CLEAN),
            );
          }));
      }
    }
  }

  it('last over the awaits of a run', () =>
    withPool(20, async (pool) => {
      const stores = Array.from({ length: 20 }, (_, i) => `store ${String(i)}`);
      const kept = await Promise.all(stores.map((store) => pool.run(store, { name: 'keep' })));
      assert.deepEqual(
        kept,
        stores.map((store) => [store, store, store]),
      );
      const later = await Promise.all(stores.map((store) => pool.run(store, { name: 'enterLater' })));
      assert.deepEqual(
        later,
        stores.map((store) => [undefined, store]),
      );
    }));

  it('are not left behind by the listener of a signal', () =>
    withPool(2, async (pool) => {
      for (let i = 0; i < ROUNDS; i++) {
        assert.equal(await pool.run('store', { name: 'enterOnAbort', softTimeLimitMs: 1 }), 'store');
        assert.deepEqual(await pool.run(null, { name: 'look' }), CLEAN);
      }
    }));
});
