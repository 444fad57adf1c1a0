/** CPU-bound tasks: how much of two threads the pool leaves to them, and what a task costs the host. */
import { checkWork } from '../../harness/check-work.js';
import { spin } from '../../programs/pools/spin.js';
import { BareSpinners, calibrateSpin } from '../../pools/bare-spinners.js';
import { comparePools } from '../../pools/compare-pools.js';
import type { RunningPool } from '../../pools/contender.js';
import { hostCpuUs } from '../../pools/cpu-time.js';
import { THREADS, type PoolRow, type PoolWorkload } from '../../pools/pool-workload.js';

/**
 * Each duration with its tasks and, where design §7 has one, our own goal. Enough of them that beginning and end of a batch,
 * a few milliseconds, are no part of the figure.
 */
const DURATIONS = [
  { label: '100 µs', durationMs: 0.1, tasks: 5_000, quickTasks: 1_000, goal: 0.95 },
  { label: '1 ms', durationMs: 1, tasks: 500, quickTasks: 200, goal: 0.97 },
  { label: '10 ms', durationMs: 10, tasks: 40, quickTasks: 20, goal: 0.97 },
] as const;
const HOST_ROW = 'host CPU of a 1 ms task';
/** What bounds it: a thread that does nothing but wake up by a timer while two others compute. The same for everybody. */
const WAKE_ROW = 'host CPU of a bare wake-up';
const WAKES = 40;
/** Calls of next to no work, all at once as those that count, until what each of them runs is optimized. */
const WARM_UP = { tasks: 2_000, minMs: 800 };

const rows: readonly PoolRow[] = [
  ...DURATIONS.map(({ label, goal }) => ({
    name: `${label} CPU`,
    metric: { unit: 'of ideal', better: 'higher' } as const,
    goalRatio: 1,
    goal,
  })),
  { name: HOST_ROW, metric: { unit: 'µs', better: 'lower' }, goal: 3 },
  { name: WAKE_ROW, metric: { unit: 'µs', better: 'lower' } },
];

interface PoolCost {
  readonly elapsedMs: number;
  /** null where the system does not tell. */
  readonly hostUsPerTask: number | null;
}

async function runAll(pool: RunningPool, iterations: number, tasks: number): Promise<PoolCost> {
  const hostBefore = hostCpuUs();
  const startedMs = performance.now();
  const calls = Array.from({ length: tasks }, () => pool.run({ iterations }) as Promise<number>);
  const answers = await Promise.all(calls);
  const elapsedMs = performance.now() - startedMs;
  const hostAfter = hostCpuUs();
  const right = spin(iterations);
  checkWork(
    { count: tasks, checksum: right },
    { count: answers.filter((answer) => answer === right).length, checksum: right },
  );
  return {
    elapsedMs,
    hostUsPerTask: hostBefore === null || hostAfter === null ? null : (hostAfter - hostBefore) / tasks,
  };
}

/** CPU of a wake-up by a timer every 2 ms while the bare threads compute, µs. */
async function wakeUp(bare: BareSpinners, perMs: number): Promise<number | null> {
  const computing = bare.run({ iterations: perMs, tasks: THREADS * WAKES * 2 });
  const before = hostCpuUs();
  for (let n = 0; n < WAKES; n++) await new Promise((resolve) => setTimeout(resolve, 2));
  const after = hostCpuUs();
  await computing;
  return before === null || after === null ? null : (after - before) / WAKES;
}

export const workload: PoolWorkload = {
  name: 'pool-cpu',
  question: 'What share of two bare threads do CPU-bound tasks get, and how much of the host does one cost?',
  topology: 'two threads in a loop: ideal time   against   caller ──all tasks at once──▶ pool of 2 threads',
  rows,
  open: async ({ createPool, size }) => {
    const task = new URL('../../programs/pools/spin.js', import.meta.url);
    const pool = createPool({ task, minThreads: THREADS, maxThreads: THREADS });
    await pool.ready;
    const warmMs = performance.now() + WARM_UP.minMs;
    while (performance.now() < warmMs) await runAll(pool, 1, WARM_UP.tasks);
    const bare = new BareSpinners(THREADS);
    const perMs = calibrateSpin(1);
    return {
      sample: async () => {
        const readings: Record<string, number> = {};
        for (const { label, durationMs, tasks: full, quickTasks } of DURATIONS) {
          const iterations = Math.round(perMs * durationMs);
          const tasks = size(full, quickTasks);
          const idealMs = await bare.run({ iterations, tasks });
          const { elapsedMs, hostUsPerTask } = await runAll(pool, iterations, tasks);
          readings[`${label} CPU`] = idealMs / elapsedMs;
          if (durationMs === 1 && hostUsPerTask !== null) readings[HOST_ROW] = hostUsPerTask;
        }
        const wakeUs = await wakeUp(bare, perMs);
        if (wakeUs !== null) readings[WAKE_ROW] = wakeUs;
        return readings;
      },
      close: async () => {
        await bare.close();
        await pool.close();
      },
    };
  },
};

export const benchCase = comparePools(workload);
