/** What one more idle thread of a pool takes, beyond what Node takes for any thread. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { comparePools } from '../../pools/compare-pools.js';
import type { PoolWorkload } from '../../pools/pool-workload.js';

const program = fileURLToPath(new URL('../../pools/idle-threads.js', import.meta.url));
const FEW = 2;
const ROW = 'extra idle thread';

/** Resident memory of a fresh process with so many idle threads, MB. */
async function residentMb(id: string, threads: number): Promise<number> {
  const child = fork(program, [id, String(threads)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const [megabytes] = (await once(child, 'message', { signal: AbortSignal.timeout(60_000) })) as [number];
  await once(child, 'exit');
  return megabytes;
}

export const workload: PoolWorkload = {
  name: 'pool-memory',
  question: 'How much more memory does an extra idle thread of a pool take than a bare Worker?',
  topology:
    'processes with 2 and with more threads, resident memory: the slope of the pool less the slope of bare Workers',
  rows: [{ name: ROW, metric: { unit: 'MB above bare', better: 'lower' }, goal: 4 }],
  isCold: true,
  open: ({ contender, size }) => {
    const more = size(10, 4);
    const slope = async (id: string): Promise<number> => {
      const few = await residentMb(id, FEW);
      return ((await residentMb(id, more)) - few) / (more - FEW);
    };
    return Promise.resolve({
      sample: async () => ({ [ROW]: (await slope(contender.id)) - (await slope('bare')) }),
      close: () => Promise.resolve(),
    });
  },
};

export const benchCase = comparePools(workload);
