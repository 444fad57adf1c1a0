/** What the metrics of a worker cost a task: the same worker with its counting at each end of a run, and without. */
import { TaskTallies } from '../../core/worker/metrics/task-tallies.js';
import { prometheusText } from '../../core/metrics/prometheus-text.js';
import { Worker } from '../../core/worker/worker.js';
import type { BenchCase, Side } from '../harness/bench-case.js';
import { checkWork, sumBelow } from '../harness/check-work.js';
import { compareSides } from '../harness/sampling.js';
import { app, increment } from '../programs/memory-tasks.js';

const WINDOW = 1_000;
const counting = Object.getOwnPropertyDescriptor(TaskTallies.prototype, 'ended')?.value as TaskTallies['ended'];

/** Both sides run on one worker, so that nothing differs but the counting. */
function side(
  label: string,
  count: number,
  options: { readonly isCounting: boolean; readonly worker: () => Worker },
): Side {
  return {
    label,
    settings: { members: 1, ack: 'late', results: true, collected: options.isCounting, tasks: count },
    sample: async () => {
      TaskTallies.prototype.ended = options.isCounting ? counting : () => undefined;
      const startedMs = performance.now();
      let checksum = 0;
      for (let from = 0; from < count; from += WINDOW) {
        const size = Math.min(WINDOW, count - from);
        const sent = await Promise.all(Array.from({ length: size }, (_, i) => increment.delay(from + i)));
        const values = await Promise.all(sent.map((result) => result.get({ timeoutMs: 60_000 })));
        for (const value of values) checksum += value;
        // As often as anybody collects, and far more often.
        if (options.isCounting) prometheusText(options.worker().metrics);
      }
      const elapsedMs = performance.now() - startedMs;
      TaskTallies.prototype.ended = counting;
      checkWork({ count, checksum: sumBelow(count) + count }, { count, checksum });
      return (count / elapsedMs) * 1_000;
    },
  };
}

export const benchCase: BenchCase = {
  name: 'worker-metrics',
  question: 'What do the metrics of a worker cost, collected every thousand tasks?',
  topology: 'client and worker in one process over memory://   counting and collecting   against   not counting',
  metric: { unit: 'tasks/s', better: 'higher' },
  async run(context) {
    const count = context.size(40_000, 500);
    const worker = await Worker.start({
      module: new URL('../programs/memory-tasks.js', import.meta.url),
      concurrency: 1,
      settings: { workerPrefetchMultiplier: 2 * WINDOW },
    });
    try {
      const own = { worker: () => worker };
      return [
        await compareSides(
          context,
          side('with metrics', count, { isCounting: true, ...own }),
          side('without', count, { isCounting: false, ...own }),
          { goalRatio: 0.99 },
        ),
      ];
    } finally {
      await worker.close({ timeoutMs: 5_000 });
      await app.close();
    }
  },
};
