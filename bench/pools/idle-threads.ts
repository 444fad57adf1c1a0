/**
 * Stands idle with a number of threads and tells its resident memory, MB: arguments are a contender's id, or `bare` for
 * threads without a pool, and the number. The memory case starts it.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { findContender } from './contenders.js';

/** After the last start, for what threads still do then. */
const SETTLING_MS = 150;

async function standBare(threads: number): Promise<void> {
  const program = new URL('../programs/pools/bare-spinner.js', import.meta.url);
  const workers = Array.from({ length: threads }, () => new Worker(program));
  await Promise.all(workers.map((worker) => once(worker, 'online')));
}

async function standPool(id: string, threads: number): Promise<void> {
  const createPool = await findContender(id).load((line) => process.stderr.write(`${line}\n`));
  const task = new URL('../programs/pools/no-op.js', import.meta.url);
  const pool = createPool({ task, minThreads: threads, maxThreads: threads });
  await pool.ready;
  // More than one round, so that pools which start their threads late have started all.
  for (let round = 0; round < 3; round++) {
    await Promise.all(Array.from({ length: threads * 4 }, (_, n) => pool.run(n)));
  }
}

async function tellMemory(id: string, threads: number): Promise<void> {
  await (id === 'bare' ? standBare(threads) : standPool(id, threads));
  await new Promise((resolve) => setTimeout(resolve, SETTLING_MS));
  globalThis.gc?.();
  process.send?.(process.memoryUsage.rss() / 2 ** 20, () => process.exit());
}

const [, , id = '', threads = ''] = process.argv;
void tellMemory(id, Number(threads));
