/** What a worker that waits for work takes of a core. */
import { readFileSync } from 'node:fs';
import type { BenchCase, Side } from '../harness/bench-case.js';
import { measureSide } from '../harness/sampling.js';
import { BenchDatabase, WorkerProcess } from '../harness/worker-process.js';

/** CPU time of a process in ms: user and system, all threads (`/proc/<pid>/stat`, fields 14 and 15, in ticks of 10 ms). */
function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function idleWorker(seconds: number): Side {
  const database = new BenchDatabase();
  let worker: WorkerProcess;
  return {
    label: 'celeriac worker, idle',
    settings: { members: 4, broker: 'sqlite', seconds },
    setup: async () => {
      worker = new WorkerProcess(database, ['-c', '4']);
      await worker.ready;
    },
    sample: async () => {
      const before = cpuMs(worker.pid);
      await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
      return (cpuMs(worker.pid) - before) / (seconds * 10);
    },
    teardown: async () => {
      await worker.stop();
      database.remove();
    },
  };
}

export const benchCase: BenchCase = {
  name: 'idle-cpu',
  question: 'How much of one core does an idle worker with 4 members take?',
  topology: 'worker process on an empty SQLite queue, watched from outside (Linux: /proc)',
  metric: { unit: '% of a core', better: 'lower' },
  async run(context) {
    return [await measureSide(context, idleWorker(context.size(8, 1)), { goal: 1 })];
  },
};
