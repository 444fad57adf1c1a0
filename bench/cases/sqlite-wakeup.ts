/** How fast an idle worker hears of a task that another process publishes. */
import type { BenchCase } from '../harness/bench-case.js';
import { loadBenchTasks } from '../harness/bench-client.js';
import { LatencyRecorder, summarizeLatency } from '../harness/latency-recorder.js';
import { BenchDatabase, WorkerProcess } from '../harness/worker-process.js';

/** Between two tasks, so that each finds the worker idle; random, so that no timer of the worker falls into step. */
function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * 60));
}

export const benchCase: BenchCase = {
  name: 'sqlite-wakeup',
  question: 'How long is it from delay() in one process to the start of the task in an idle worker of another?',
  topology:
    'client: delay() ──▶ SQLite file, bell ──▶ idle worker ──▶ task reads the clock (one clock for all processes)',
  metric: { unit: 'ms', better: 'lower' },
  async run(context) {
    const database = new BenchDatabase();
    const worker = new WorkerProcess(database, ['-c', '1']);
    const recorder = new LatencyRecorder();
    try {
      await worker.ready;
      const tasks = await loadBenchTasks(database);
      const count = context.size(300, 5);
      for (let i = -5; i < count; i++) {
        await pause();
        const sentMs = Number(process.hrtime.bigint()) / 1e6;
        const result = await tasks.startedAt.delay();
        const startedMs = await result.get({ timeoutMs: 10_000 });
        if (i >= 0) recorder.record(startedMs - sentMs);
      }
      await tasks.app.close();
    } finally {
      await worker.stop();
      database.remove();
    }
    return [summarizeLatency('publish to start', recorder, { p50Ms: 2, p99Ms: 10 })];
  },
};
