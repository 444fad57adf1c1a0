/** From the spawn of the command to the end of the first task, which already waits in the queue. */
import type { BenchCase, Side } from '../harness/bench-case.js';
import { loadBenchTasks } from '../harness/bench-client.js';
import { checkWork } from '../harness/check-work.js';
import { measureSide } from '../harness/sampling.js';
import { BenchDatabase, WorkerProcess } from '../harness/worker-process.js';

function startToFirstTask(): Side {
  const database = new BenchDatabase();
  let tasks: Awaited<ReturnType<typeof loadBenchTasks>>;
  return {
    label: 'celeriac worker',
    settings: { members: 2, broker: 'sqlite', until: 'the client has the result' },
    setup: async () => {
      tasks = await loadBenchTasks(database);
    },
    sample: async () => {
      const result = await tasks.increment.delay(41);
      const startedMs = performance.now();
      const worker = new WorkerProcess(database, ['-c', '2']);
      try {
        const checksum = await result.get({ timeoutMs: 30_000 });
        const elapsedMs = performance.now() - startedMs;
        checkWork({ count: 1, checksum: 42 }, { count: 1, checksum });
        return elapsedMs;
      } finally {
        await worker.ready;
        await worker.stop();
      }
    },
    teardown: async () => {
      await tasks.app.close();
      database.remove();
    },
  };
}

export const benchCase: BenchCase = {
  name: 'start-to-first-task',
  question: 'How long does a worker take from the spawn of the command to the result of its first task?',
  topology: 'spawn celeriac worker ──▶ claims the waiting task ──▶ result ──▶ client of another process',
  metric: { unit: 'ms', better: 'lower' },
  async run(context) {
    return [await measureSide(context, startToFirstTask(), { goal: 400 })];
  },
};
