/** The way that a worker uses the pool: bytes in, bytes out, no promise; against functions of peers with the same JSON. */
import { ByteJobs } from '../../harness/byte-jobs.js';
import { comparePools } from '../../pools/compare-pools.js';
import { THREADS, type PoolWorkload, type Session, type SessionOptions } from '../../pools/pool-workload.js';
import { perSecond, runWindows } from '../../pools/windows.js';

const WINDOW = 2_000;
const ROW = 'JSON bytes';

async function openOurs({ size }: SessionOptions): Promise<Session> {
  const program = new URL('../../programs/pools/json-echo.js', import.meta.url);
  const jobs = await ByteJobs.start({ program, size: THREADS, count: size(600_000, 200_000) });
  return {
    sample: async () => ({ [ROW]: await jobs.sample() }),
    close: () => jobs.close(),
  };
}

async function openPeer({ createPool, size }: SessionOptions): Promise<Session> {
  const task = new URL('../../programs/pools/json-text.js', import.meta.url);
  const pool = createPool({ task, minThreads: THREADS, maxThreads: THREADS });
  await pool.ready;
  const plan = { window: WINDOW, minMs: size(300, 150), leadMs: 100 };
  return {
    sample: async () => {
      const result = await runWindows(plan, async (n) => Number(await pool.run(`[${n}]`)));
      return { [ROW]: perSecond(result) };
    },
    close: () => pool.close(),
  };
}

export const workload: PoolWorkload = {
  name: 'pool-bytes',
  question: 'How many task bodies a second cross to 2 threads and come back as results?',
  topology: `host ──JSON [n]──▶ 2 members: parse, run, write ──JSON n──▶ host; peers: run(text), ${WINDOW} under way`,
  rows: [{ name: ROW, metric: { unit: 'jobs/s', better: 'higher' }, goalRatio: 10, goal: 1_000_000 }],
  open: (options) => (options.contender.id === 'celeriac' ? openOurs(options) : openPeer(options)),
};

export const benchCase = comparePools(workload);
