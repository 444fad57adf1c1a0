/**
 * What it costs that the host can take records back: the claim of each record by compare-and-swap, and the looks of the
 * stall watch. Both sides are our pool on its bytes path; the second one can recall nothing. The goal: less than 3%.
 */
import { LanePool } from '../../../pools/thread/lane-pool.js';
import type { BenchCase, Side } from '../../harness/bench-case.js';
import { ByteJobs } from '../../harness/byte-jobs.js';
import { compareSides } from '../../harness/sampling.js';

const THREADS = 2;
const program = new URL('../../programs/pools/json-echo.js', import.meta.url);

function side(canRecall: boolean, count: number): Side {
  let jobs: ByteJobs;
  return {
    label: canRecall ? 'with recall' : 'without',
    settings: { threads: THREADS, jobs: count, canRecall },
    setup: async () => {
      jobs = await ByteJobs.start({
        program,
        size: THREADS,
        count,
        create: ({ handlers, size }) =>
          new LanePool({ programUrl: program.href, size, ringSizes: { canRecall } }, handlers),
      });
    },
    sample: () => jobs.sample(),
    teardown: () => jobs.close(),
  };
}

export const benchCase: BenchCase = {
  name: 'pool-recall',
  question: 'How much throughput of no-op jobs does it cost that unclaimed jobs can be taken back?',
  topology: 'host ──[n]──▶ 2 members, which claim each record, or just take it ──n──▶ host',
  metric: { unit: 'jobs/s', better: 'higher' },
  run: async (context) => {
    const count = context.size(600_000, 200_000);
    return [await compareSides(context, side(true, count), side(false, count), { goalRatio: 0.97 })];
  },
};
