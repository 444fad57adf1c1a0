/** Thousands of calls given up at once, two of them running: the others must come to their right end all the same. */
import { InvariantError } from '../../../core/kernel/errors.js';
import { checkWork } from '../../harness/check-work.js';
import { withPatience } from '../../harness/patience.js';
import { calibrateSpin } from '../../pools/bare-spinners.js';
import { comparePools } from '../../pools/compare-pools.js';
import type { RunningPool } from '../../pools/contender.js';
import { THREADS, type PoolWorkload } from '../../pools/pool-workload.js';

/** Time for the two long calls to begin; they spin for much longer. */
const HEAD_START_MS = 10;
const LONG_CALL_MS = 400;
const QUEUED_CALLS = 4_000;
const PATIENCE_MS = 5_000;

interface Storm {
  readonly elapsedMs: number;
  readonly survivors: readonly PromiseSettledResult<unknown>[];
}

/** Two long calls, then `count` short ones; aborts the long ones and every second short one. */
async function storm(pool: RunningPool, count: number, iterations: number): Promise<Storm> {
  const controllers: AbortController[] = [];
  const abortable = (value: unknown): Promise<unknown> => {
    const controller = new AbortController();
    controllers.push(controller);
    return pool.runAbortable(value, controller.signal);
  };
  const doomed: Promise<unknown>[] = [];
  const wanted: Promise<unknown>[] = [];
  for (let i = 0; i < THREADS; i++) doomed.push(abortable({ iterations }));
  for (let n = 0; n < count; n++) {
    if (n % 2 === 0) doomed.push(abortable(n));
    else wanted.push(pool.run(n));
  }
  const ends = Promise.all([Promise.allSettled(doomed), Promise.allSettled(wanted)]);
  await new Promise((resolve) => setTimeout(resolve, HEAD_START_MS));
  const startedMs = performance.now();
  for (const controller of controllers) controller.abort();
  const [, survivors] = await withPatience(ends, PATIENCE_MS);
  return { elapsedMs: performance.now() - startedMs, survivors };
}

function checkSurvivors(survivors: readonly PromiseSettledResult<unknown>[]): void {
  const lost = survivors.filter(({ status }) => status === 'rejected').length;
  if (lost > 0) throw new InvariantError(`${lost} of ${survivors.length} calls that nobody aborted were lost`);
  const sum = survivors.reduce((total, end) => total + (end.status === 'fulfilled' ? (end.value as number) : 0), 0);
  const count = survivors.length;
  checkWork({ count, checksum: count * count }, { count, checksum: sum });
}

export const workload: PoolWorkload = {
  name: 'pool-abort',
  question: 'How long after an abort of 2 running and half of thousands of queued calls has the last call ended?',
  topology: `2 calls of ${LONG_CALL_MS} ms run, 4,000 short ones wait; abort the 2 and 2,000 ──▶ the other 2,000 answer`,
  rows: [{ name: 'abort storm', metric: { unit: 'ms', better: 'lower' }, goalRatio: 1 }],
  needs: 'aborting',
  open: async ({ createPool }) => {
    const task = new URL('../../programs/pools/spin.js', import.meta.url);
    const pool = createPool({ task, minThreads: THREADS, maxThreads: THREADS });
    await pool.ready;
    const iterations = calibrateSpin(LONG_CALL_MS);
    return {
      sample: async () => {
        const { elapsedMs, survivors } = await storm(pool, QUEUED_CALLS, iterations);
        checkSurvivors(survivors);
        return { 'abort storm': elapsedMs };
      },
      close: () => pool.close(),
    };
  },
};

export const benchCase = comparePools(workload);
