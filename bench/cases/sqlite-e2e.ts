/** The whole way on the embedded broker: client and worker in two processes, durable messages, results stored and read. */
import type { BenchCase, Side } from '../harness/bench-case.js';
import { loadBenchTasks } from '../harness/bench-client.js';
import { checkWork, sumBelow } from '../harness/check-work.js';
import { measureSide } from '../harness/sampling.js';
import { BenchDatabase, WorkerProcess } from '../harness/worker-process.js';

const MEMBERS = 1;
const PREFETCH_MULTIPLIER = 2_000;
/** Tasks sent and awaited together, and how many such groups are under way. */
const GROUP = 1_000;
const LANES = 2;

function endToEnd(count: number): Side {
  const database = new BenchDatabase();
  let worker: WorkerProcess;
  let tasks: Awaited<ReturnType<typeof loadBenchTasks>>;

  async function runGroup(from: number, size: number): Promise<number> {
    const sent = await Promise.all(Array.from({ length: size }, (_, i) => tasks.increment.delay(from + i)));
    const values = await Promise.all(sent.map((result) => result.get({ timeoutMs: 60_000 })));
    return values.reduce((sum, value) => sum + value, 0);
  }

  return {
    label: 'celeriac on sqlite',
    settings: {
      results: true,
      ack: 'late',
      durable: 'fsync before confirm',
      members: MEMBERS,
      prefetch: MEMBERS * PREFETCH_MULTIPLIER,
      window: GROUP * LANES,
      payload: 'one integer',
      envelope: 'message v2, JSON',
      tasks: count,
    },
    setup: async () => {
      worker = new WorkerProcess(database, [
        '-c',
        String(MEMBERS),
        '--prefetch-multiplier',
        String(PREFETCH_MULTIPLIER),
      ]);
      await worker.ready;
      tasks = await loadBenchTasks(database);
    },
    sample: async () => {
      const startedMs = performance.now();
      let next = 0;
      let checksum = 0;
      const lane = async (): Promise<void> => {
        while (next < count) {
          const from = next;
          const size = Math.min(GROUP, count - from);
          next += size;
          // Not `checksum += await …`: that adds to what the sum was before the wait.
          const sum = await runGroup(from, size);
          checksum += sum;
        }
      };
      await Promise.all(Array.from({ length: LANES }, lane));
      const elapsedMs = performance.now() - startedMs;
      checkWork({ count, checksum: sumBelow(count) + count }, { count, checksum });
      return (count / elapsedMs) * 1_000;
    },
    teardown: async () => {
      await worker.stop();
      await tasks.app.close();
      database.remove();
    },
  };
}

export const benchCase: BenchCase = {
  name: 'sqlite-e2e',
  question: 'How many no-op tasks a second go from a client through the embedded broker to a worker, result and back?',
  topology: 'client process ──▶ SQLite file ──▶ worker process: host ▶ member ▶ host ──▶ SQLite file ──▶ client',
  metric: { unit: 'tasks/s', better: 'higher' },
  async run(context) {
    return [await measureSide(context, endToEnd(context.size(40_000, 500)), { goal: 20_000 })];
  },
};
