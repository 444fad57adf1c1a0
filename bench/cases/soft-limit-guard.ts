/** What a soft limit costs a call of a function that never looks at its signal: a guard, and with it a thread of Node's. */
import { ThreadPool } from '../../pools/public.js';
import type { BenchCase, Side } from '../harness/bench-case.js';
import { checkWork, sumBelow } from '../harness/check-work.js';
import { compareSides } from '../harness/sampling.js';

/** Both sides run on one member of one pool, so that nothing differs but the limit. */
function side(label: string, count: number, softTimeLimitMs: number | null): Side {
  let pool: ThreadPool | null = null;
  const limits = softTimeLimitMs === null ? {} : { softTimeLimitMs };
  return {
    label,
    settings: { threads: 1, calls: count, 'soft limit': softTimeLimitMs === null ? 'none' : `${softTimeLimitMs} ms` },
    setup: async () => {
      pool = new ThreadPool({
        filename: new URL('../programs/pools/no-op.js', import.meta.url),
        minThreads: 1,
        maxThreads: 1,
      });
      await pool.ready;
    },
    sample: async () => {
      if (pool === null) throw new Error('not set up');
      const startedMs = performance.now();
      let checksum = 0;
      for (let n = 0; n < count; n++) checksum += await pool.run<number>(n, limits);
      const elapsedMs = performance.now() - startedMs;
      checkWork({ count, checksum: sumBelow(count) }, { count, checksum });
      return (elapsedMs / count) * 1_000;
    },
    teardown: async () => {
      await pool?.close();
    },
  };
}

export const benchCase: BenchCase = {
  name: 'soft-limit-guard',
  question: 'What does a soft limit cost a call, as long as the function is not seen to look at its signal?',
  topology: 'caller ──one call at a time──▶ 1 thread; with the guard of vm.Script   against   without a limit',
  metric: { unit: 'µs/call', better: 'lower' },
  async run(context) {
    const count = context.size(5_000, 200);
    return [
      await compareSides(
        context,
        side('with a soft limit', count, 60_000),
        side('without', context.size(20_000, 200), null),
      ),
    ];
  },
};
