/** What the same work takes one thread, measured here and now on a sample of the tasks. Runs in the main thread. */
import { setImmediate } from 'node:timers/promises';
import { compress, renderTile } from './tasks.js';
import type { Work } from './work.js';

/** Every so many tasks, in the order of their cost, one is measured. */
const sampleStep = 8;

export interface FinishedWork {
  readonly work: Work;
  /** On the worker's thread. */
  readonly runMs: number;
}

export interface OneThreadEstimate {
  /** Time for all tasks. */
  readonly totalMs: number;
  readonly sampleSize: number;
}

/**
 * Runs the sample as plain function calls. The tasks are sorted by cost first, so that dear ones have their share in it.
 * @throws the signal's reason.
 */
export async function measureOneThread(
  finished: readonly FinishedWork[],
  signal: AbortSignal,
): Promise<OneThreadEstimate> {
  const byCost = [...finished].sort((a, b) => a.runMs - b.runMs);
  const sample = byCost.filter((_, i) => i % sampleStep === Math.floor(sampleStep / 2)).map(({ work }) => work);
  // Once unmeasured, so that this thread's code is as optimised as that of the members was.
  for (const work of sample.slice(0, sample.length / 4)) run(work);
  let sampleMs = 0;
  for (const work of sample) {
    // So that Ctrl-C is heard.
    await setImmediate();
    signal.throwIfAborted();
    const startedMs = performance.now();
    run(work);
    sampleMs += performance.now() - startedMs;
  }
  return { totalMs: (sampleMs * finished.length) / Math.max(1, sample.length), sampleSize: sample.length };
}

function run(work: Work): void {
  if (work.kind === 'file') compress(work.path);
  else renderTile(work.tile);
}
