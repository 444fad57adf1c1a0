/** Bodies there and back: bytes, and objects as an API has them, cloned on both ways. */
import { bytesBody, checkEcho, numberOf, objectBody, type Body } from '../../pools/bodies.js';
import { comparePools } from '../../pools/compare-pools.js';
import type { RunningPool } from '../../pools/contender.js';
import { THREADS, type PoolWorkload, type Readings } from '../../pools/pool-workload.js';
import { perSecond, runWindows } from '../../pools/windows.js';

const KINDS = [
  { kind: 'Uint8Array', create: bytesBody },
  { kind: 'object', create: objectBody },
] as const;
/** Each size with the calls under way at once. */
const SIZES = [
  { label: '1 kB', sizeBytes: 1_024, window: 1_000 },
  { label: '64 kB', sizeBytes: 65_536, window: 100 },
  { label: '4 MB', sizeBytes: 4 * 2 ** 20, window: 4 },
] as const;

interface BodyClass {
  readonly name: string;
  readonly sizeBytes: number;
  readonly bodies: readonly Body[];
}

/** The bodies of a window are made once: a pool that queues reads them later than `run` returns. */
function createClasses(): readonly BodyClass[] {
  return KINDS.flatMap(({ kind, create }) =>
    SIZES.map(({ label, sizeBytes, window }) => ({
      name: `${label} ${kind}`,
      sizeBytes,
      bodies: Array.from({ length: window }, (_, n) => create(n, sizeBytes)),
    })),
  );
}

async function measure(pool: RunningPool, { bodies, sizeBytes }: BodyClass, minMs: number): Promise<number> {
  const window = bodies.length;
  const result = await runWindows({ window, minMs, leadMs: minMs / 3 }, async (n) => {
    const body = bodies[n % window] as Body;
    const echo = await pool.run(body);
    if (n === 0) checkEcho(body, echo);
    return n - (n % window) + numberOf(echo, sizeBytes);
  });
  return perSecond(result);
}

export const workload: PoolWorkload = {
  name: 'pool-bodies',
  question: 'How many bodies of a size a second go to 2 threads and come back, cloned on both ways?',
  topology: 'caller ──run(body)──▶ 2 threads ──the same body──▶ caller; 1 kB: 1,000 under way, 64 kB: 100, 4 MB: 4',
  rows: KINDS.flatMap(({ kind }) =>
    SIZES.map(({ label }) => ({
      name: `${label} ${kind}`,
      metric: { unit: 'calls/s', better: 'higher' } as const,
      goalRatio: 1,
    })),
  ),
  open: async ({ createPool, size }) => {
    const task = new URL('../../programs/pools/no-op.js', import.meta.url);
    const pool = createPool({ task, minThreads: THREADS, maxThreads: THREADS });
    await pool.ready;
    const classes = createClasses();
    return {
      sample: async () => {
        const readings: Record<string, number> = {};
        for (const one of classes) readings[one.name] = await measure(pool, one, size(150, 50));
        return readings satisfies Readings;
      },
      close: () => pool.close(),
    };
  },
};

export const benchCase = comparePools(workload);
