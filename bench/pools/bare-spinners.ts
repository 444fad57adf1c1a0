/**
 * What two threads can do at best: they spin without a pool between them and the work. Measured with both cores busy,
 * right before the pool's turn, since one core alone is faster than two at once on most machines.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { checkWork } from '../harness/check-work.js';
import { spin } from '../programs/pools/spin.js';
import type { SpinOrder } from '../programs/pools/bare-spinner.js';

const program = new URL('../programs/pools/bare-spinner.js', import.meta.url);

export class BareSpinners {
  readonly #workers: readonly Worker[];

  constructor(threads: number) {
    this.#workers = Array.from({ length: threads }, () => new Worker(program));
  }

  /** Time for the tasks, shared out equally, ms. */
  async run({ iterations, tasks }: SpinOrder): Promise<number> {
    const startedMs = performance.now();
    const answers = await Promise.all(
      this.#workers.map(async (worker) => {
        worker.postMessage({ iterations, tasks: tasks / this.#workers.length } satisfies SpinOrder);
        const [last] = (await once(worker, 'message')) as [number];
        return last;
      }),
    );
    const elapsedMs = performance.now() - startedMs;
    for (const last of answers) checkWork({ count: 1, checksum: spin(iterations) }, { count: 1, checksum: last });
    return elapsedMs;
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}

/** Iterations of `spin` that take about so long on this machine, now. */
export function calibrateSpin(durationMs: number): number {
  const probe = 400_000;
  let bestMs = Infinity;
  for (let i = 0; i < 8; i++) {
    const startedMs = performance.now();
    spin(probe);
    bestMs = Math.min(bestMs, performance.now() - startedMs);
  }
  return Math.round((probe * durationMs) / bestMs);
}
