/** A program with a pool of one child process that computes for ever: prints the child's pid when it does. To be killed. */
import { ProcessPool } from '../../pools/process/process-pool.js';
import { submit, TestHandlers, TestJob } from './pool-job.js';

const programUrl = new URL('./members/mortal.js', import.meta.url).href;

async function main(): Promise<void> {
  const handlers = new TestHandlers();
  const pool = new ProcessPool({ programUrl, size: 1 }, handlers);
  await pool.start(20_000);
  const job = await submit(pool, handlers, new TestJob('loop'));
  await job.accepted;
  process.stdout.write(`${String(pool.snapshot().members[0]?.threadId)}\n`);
}

void main();
