/** A pool that does not stand yet gets all its calls at once, as a command line tool or a cold server does it. */
import { comparePools } from '../../pools/compare-pools.js';
import { THREADS, type PoolWorkload } from '../../pools/pool-workload.js';
import { runWindows } from '../../pools/windows.js';

export const workload: PoolWorkload = {
  name: 'pool-burst',
  question: 'How long does a new pool (1 to 2 threads) take from its making to the last of 1,000 answers?',
  topology: 'new pool, 1,000 × run(n) in the same turn ──▶ threads start ──▶ last answer',
  rows: [{ name: 'cold burst', metric: { unit: 'ms', better: 'lower' }, goalRatio: 1 }],
  open: ({ createPool }) => {
    const task = new URL('../../programs/pools/no-op.js', import.meta.url);
    const plan = { window: 1_000, minMs: 0 };
    return Promise.resolve({
      sample: async () => {
        const startedMs = performance.now();
        const pool = createPool({ task, minThreads: 1, maxThreads: THREADS });
        await runWindows(plan, (n) => pool.run(n) as Promise<number>);
        const elapsedMs = performance.now() - startedMs;
        await pool.close();
        return { 'cold burst': elapsedMs };
      },
      close: () => Promise.resolve(),
    });
  },
};

export const benchCase = comparePools(workload);
