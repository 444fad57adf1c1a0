/** One call at a time: each finds the pool idle, at once or after a pause in which threads have gone to sleep. */
import { InvariantError } from '../../../core/kernel/errors.js';
import { LatencyRecorder } from '../../harness/latency-recorder.js';
import { comparePools } from '../../pools/compare-pools.js';
import type { RunningPool } from '../../pools/contender.js';
import { THREADS, type PoolRow, type PoolWorkload } from '../../pools/pool-workload.js';

const PAUSES = [
  { label: 'back to back', pauseMs: 0, calls: 10_000, quickCalls: 2_000 },
  { label: 'after 1 ms', pauseMs: 1, calls: 300, quickCalls: 100 },
] as const;
/** p50 ≤ 0.9× and p99 ≤ 0.7× of the best peer (design §7). */
const PERCENTILES = [
  { label: 'p50', percent: 50, goalRatio: 1 / 0.9 },
  { label: 'p99', percent: 99, goalRatio: 1 / 0.7 },
] as const;

const rows: readonly PoolRow[] = PAUSES.flatMap((pause) =>
  PERCENTILES.map(({ label, goalRatio }) => ({
    name: `${pause.label} ${label}`,
    metric: { unit: 'µs', better: 'lower' } as const,
    goalRatio: Number(goalRatio.toFixed(2)),
  })),
);

async function roundTrips(pool: RunningPool, count: number, pauseMs: number): Promise<LatencyRecorder> {
  const recorder = new LatencyRecorder();
  for (let n = 0; n < count; n++) {
    if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    const startedMs = performance.now();
    const answer = await pool.run(n);
    recorder.record(performance.now() - startedMs);
    if (answer !== n) throw new InvariantError(`the answer to ${n} was ${String(answer)}`);
  }
  return recorder;
}

export const workload: PoolWorkload = {
  name: 'pool-idle',
  question: 'How long is a round trip through an idle pool of 2 threads?',
  topology:
    'caller ──run(n)──▶ idle thread ──n──▶ caller, one call at a time; closed loop, HDR percentiles of a sample',
  rows,
  open: async ({ createPool, size }) => {
    const task = new URL('../../programs/pools/no-op.js', import.meta.url);
    const pool = createPool({ task, minThreads: THREADS, maxThreads: THREADS });
    await pool.ready;
    return {
      sample: async () => {
        const readings: Record<string, number> = {};
        for (const { label, pauseMs, calls, quickCalls } of PAUSES) {
          const recorder = await roundTrips(pool, size(calls, quickCalls), pauseMs);
          for (const { label: name, percent } of PERCENTILES) {
            readings[`${label} ${name}`] = recorder.percentileMs(percent) * 1_000;
          }
        }
        return readings;
      },
      close: () => pool.close(),
    };
  },
};

export const benchCase = comparePools(workload);
