/** A fresh thread for each call: the most that recycling can cost. */
import { comparePools } from '../../pools/compare-pools.js';
import { THREADS, type PoolWorkload } from '../../pools/pool-workload.js';
import { perSecond, runWindows } from '../../pools/windows.js';

export const workload: PoolWorkload = {
  name: 'pool-recycle',
  question: 'How many calls a second does a pool of 2 threads answer when each call gets a fresh thread?',
  topology: 'caller ──run(n)──▶ thread that ends after it, and is replaced; 2 at a time',
  rows: [{ name: 'one call a thread', metric: { unit: 'calls/s', better: 'higher' }, goalRatio: 1 }],
  needs: 'recycling',
  open: async ({ createPool, size }) => {
    const task = new URL('../../programs/pools/no-op.js', import.meta.url);
    const pool = createPool({ task, minThreads: THREADS, maxThreads: THREADS, maxCallsPerThread: 1 });
    await pool.ready;
    const plan = { window: size(40, 12), minMs: 0 };
    return {
      sample: async () => {
        const result = await runWindows(plan, (n) => pool.run(n) as Promise<number>);
        return { 'one call a thread': perSecond(result) };
      },
      close: () => pool.close(),
    };
  },
};

export const benchCase = comparePools(workload);
