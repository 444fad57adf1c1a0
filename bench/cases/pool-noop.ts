/** The pool's price of a call: no-op functions, promises, the default codec, against the best setting of piscina. */
import { ThreadPool } from '../../pools/public.js';
import type { BenchCase, Side } from '../harness/bench-case.js';
import { checkWork, sumBelow } from '../harness/check-work.js';
import { loadPeer } from '../harness/peer.js';
import { compareSides } from '../harness/sampling.js';

interface Piscina {
  run(value: number): Promise<number>;
  destroy(): Promise<void>;
}
interface PiscinaModule {
  readonly Piscina: new (options: Readonly<Record<string, unknown>>) => Piscina;
}

const THREADS = 2;
/** Calls under way at once. */
const WINDOW = 2_000;
const filename = new URL('../programs/no-op.js', import.meta.url);

/** Calls `run` for 0 … count − 1, `WINDOW` at a time, and resolves with calls a second. */
async function rate(count: number, run: (value: number) => Promise<number>): Promise<number> {
  const startedMs = performance.now();
  let checksum = 0;
  for (let from = 0; from < count; from += WINDOW) {
    const size = Math.min(WINDOW, count - from);
    const values = await Promise.all(Array.from({ length: size }, (_, i) => run(from + i)));
    for (const value of values) checksum += value;
  }
  const elapsedMs = performance.now() - startedMs;
  checkWork({ count, checksum: sumBelow(count) }, { count, checksum });
  return (count / elapsedMs) * 1_000;
}

function ours(count: number): Side {
  let pool: ThreadPool;
  return {
    label: 'celeriac ThreadPool',
    settings: { threads: THREADS, window: WINDOW, codec: 'default', calls: count },
    setup: async () => {
      pool = new ThreadPool({ filename, minThreads: THREADS, maxThreads: THREADS });
      await pool.ready;
    },
    sample: () => rate(count, (value) => pool.run<number>(value)),
    teardown: () => pool.close(),
  };
}

function piscina(module: PiscinaModule, label: string, concurrentTasksPerWorker: number, count: number): Side {
  let pool: Piscina;
  return {
    label,
    settings: { threads: THREADS, window: WINDOW, concurrentTasksPerWorker, calls: count },
    setup: () => {
      const threads = { minThreads: THREADS, maxThreads: THREADS, concurrentTasksPerWorker };
      pool = new module.Piscina({ filename: filename.href, ...threads });
      return Promise.resolve();
    },
    sample: () => rate(count, (value) => pool.run(value)),
    teardown: () => pool.destroy(),
  };
}

export const benchCase: BenchCase = {
  name: 'pool-noop',
  question: 'How many no-op calls a second does a pool of 2 threads answer, promise for promise?',
  topology: `caller ──run(n)──▶ 2 threads ──n──▶ caller, ${String(WINDOW)} calls under way`,
  metric: { unit: 'calls/s', better: 'higher' },
  async run(context) {
    const peer = await loadPeer<PiscinaModule>('piscina', (line) => {
      context.log(line);
    });
    const count = context.size(400_000, 2_000);
    const peerCount = context.size(60_000, 1_000);
    const findings = [];
    // Its default, and the setting with which it is fastest here.
    for (const tasks of [100, 1]) {
      const side = peer === null ? null : piscina(peer.module, peer.label, tasks, peerCount);
      findings.push(await compareSides(context, ours(count), side, { goalRatio: 4 }));
    }
    return findings;
  },
};
