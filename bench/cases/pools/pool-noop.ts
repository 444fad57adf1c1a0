/** The pool's price of a call: no-op functions, promises, the default codec. */
import { comparePools } from '../../pools/compare-pools.js';
import { processCpuUs } from '../../pools/cpu-time.js';
import { THREADS, type PoolWorkload } from '../../pools/pool-workload.js';
import { perSecond, runWindows } from '../../pools/windows.js';

const WINDOW = 2_000;

export const workload: PoolWorkload = {
  name: 'pool-noop',
  question: 'How many no-op calls a second does a pool of 2 threads answer, promise for promise, and for how much CPU?',
  topology: `caller ──run(n)──▶ 2 threads ──n──▶ caller, ${WINDOW} calls under way`,
  rows: [
    { name: 'no-op', metric: { unit: 'calls/s', better: 'higher' }, goalRatio: 10 },
    { name: 'CPU of a no-op', metric: { unit: 'µs/call', better: 'lower' } },
  ],
  open: async ({ createPool, size }) => {
    const task = new URL('../../programs/pools/no-op.js', import.meta.url);
    const pool = createPool({ task, minThreads: THREADS, maxThreads: THREADS });
    await pool.ready;
    const call = (n: number): Promise<number> => pool.run(n) as Promise<number>;
    const lead = { window: WINDOW, minMs: 300 };
    const plan = { window: WINDOW, minMs: size(300, 150) };
    return {
      sample: async () => {
        // Nor does its CPU count. Shorter, and a short run measures code that is not compiled yet.
        await runWindows(lead, call);
        const before = processCpuUs();
        const result = await runWindows(plan, call);
        return { 'no-op': perSecond(result), 'CPU of a no-op': (processCpuUs() - before) / result.count };
      },
      close: () => pool.close(),
    };
  },
};

export const benchCase = comparePools(workload);
