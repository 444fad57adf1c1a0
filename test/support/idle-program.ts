/**
 * Optimizes what runs calls of a pool and tasks of a worker, is idle so that the heap is collected, and again. V8 writes what it
 * throws away (`--trace-deopt`); a class of which nobody keeps an object shows that it would say so.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { Worker } from '../../core/worker/public.js';
import { ThreadPool } from '../../pools/public.js';
import { app, increment } from '../../bench/programs/memory-tasks.js';

class Unkept {
  readonly promise = Promise.resolve();
  readonly n: number;
  constructor(n: number) {
    this.n = n;
  }
}

function make(n: number): Unkept {
  return new Unkept(n);
}

const WINDOW = 1_000;

async function inWindows(count: number, call: (n: number) => Promise<unknown>): Promise<void> {
  for (let from = 0; from < count; from += WINDOW) {
    await Promise.all(Array.from({ length: WINDOW }, (_, n) => call(n)));
  }
}

const pool = new ThreadPool({
  filename: new URL('../../bench/programs/pools/no-op.js', import.meta.url),
  maxThreads: 1,
});
const worker = await Worker.start({
  module: new URL('../../bench/programs/memory-tasks.js', import.meta.url),
  concurrency: 1,
  settings: { workerPrefetchMultiplier: WINDOW },
});

for (const round of ['first', 'second']) {
  await inWindows(60_000, (n) => make(n).promise);
  await inWindows(60_000, (n) => pool.run(n));
  await inWindows(10_000, async (n) => (await increment.delay(n)).get({ timeoutMs: 60_000 }));
  console.log(`idle: ${round}`);
  for (let look = 0; look < 4; look++) {
    globalThis.gc?.();
    // What a collection has found to be lost is told in a turn of its own.
    await pause(1);
  }
  console.log(`was idle: ${round}`);
}

await pool.close();
await worker.close({ timeoutMs: 5_000 });
await app.close();
