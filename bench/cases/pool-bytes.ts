/** The way that a worker uses the pool: bytes in, bytes out, no promise; against piscina with the same JSON. */
import { ByteJobs } from '../harness/byte-jobs.js';
import type { BenchCase, Side } from '../harness/bench-case.js';
import { checkWork, sumBelow } from '../harness/check-work.js';
import { loadPeer } from '../harness/peer.js';
import { compareSides } from '../harness/sampling.js';

interface Piscina {
  run(value: string): Promise<string>;
  destroy(): Promise<void>;
}
interface PiscinaModule {
  readonly Piscina: new (options: Readonly<Record<string, unknown>>) => Piscina;
}

const THREADS = 2;
const WINDOW = 2_000;

function ours(count: number): Side {
  let jobs: ByteJobs;
  return {
    label: 'celeriac pool port',
    settings: { threads: THREADS, body: 'JSON [n]', result: 'JSON n', promises: false, jobs: count },
    setup: async () => {
      jobs = await ByteJobs.start(new URL('../programs/json-echo.js', import.meta.url), THREADS);
    },
    sample: async () => {
      const startedMs = performance.now();
      const checksum = await jobs.run(count);
      const elapsedMs = performance.now() - startedMs;
      checkWork({ count, checksum: sumBelow(count) }, { count, checksum });
      return (count / elapsedMs) * 1_000;
    },
    teardown: () => jobs.close(),
  };
}

function piscina(module: PiscinaModule, label: string, count: number): Side {
  let pool: Piscina;
  return {
    label,
    settings: { threads: THREADS, body: 'JSON [n]', result: 'JSON n', promises: true, window: WINDOW, jobs: count },
    setup: () => {
      const filename = new URL('../programs/json-text.js', import.meta.url).href;
      const threads = { minThreads: THREADS, maxThreads: THREADS, concurrentTasksPerWorker: 100 };
      pool = new module.Piscina({ filename, ...threads });
      return Promise.resolve();
    },
    sample: async () => {
      const startedMs = performance.now();
      let checksum = 0;
      for (let from = 0; from < count; from += WINDOW) {
        const size = Math.min(WINDOW, count - from);
        const bodies = Array.from({ length: size }, (_, i) => `[${String(from + i)}]`);
        for (const text of await Promise.all(bodies.map((body) => pool.run(body)))) checksum += Number(text);
      }
      const elapsedMs = performance.now() - startedMs;
      checkWork({ count, checksum: sumBelow(count) }, { count, checksum });
      return (count / elapsedMs) * 1_000;
    },
    teardown: () => pool.destroy(),
  };
}

export const benchCase: BenchCase = {
  name: 'pool-bytes',
  question: 'How many task bodies a second cross to 2 threads and come back as results?',
  topology: 'host ──JSON body──▶ 2 members: parse, run, write ──JSON result──▶ host',
  metric: { unit: 'jobs/s', better: 'higher' },
  async run(context) {
    const peer = await loadPeer<PiscinaModule>('piscina', (line) => {
      context.log(line);
    });
    const side = peer === null ? null : piscina(peer.module, peer.label, context.size(60_000, 1_000));
    return [await compareSides(context, ours(context.size(600_000, 2_000)), side, { goalRatio: 4 })];
  },
};
