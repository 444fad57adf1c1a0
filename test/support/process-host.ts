/**
 * A program with a pool of one child process that computes for ever, in a job or (argument `loads`) while it is loaded:
 * prints the child's pid when it does. To be killed.
 */
import { ProcessPool } from '../../pools/process/process-pool.js';
import { submit, TestHandlers, TestJob } from './pool-job.js';

const programUrl = new URL('./members/mortal.js', import.meta.url).href;

async function main(): Promise<void> {
  const handlers = new TestHandlers();
  const loads = process.argv[2] === 'loads';
  const env = { ...process.env, ...(loads ? { MORTAL_FAULT: 'loops' } : {}) };
  const pool = new ProcessPool({ programUrl, size: 1, env }, handlers);
  const started = pool.start(60_000);
  if (loads) await handlers.outputOf('loading');
  else {
    await started;
    const job = await submit(pool, handlers, new TestJob('loop'));
    await job.accepted;
  }
  process.stdout.write(`${String(pool.snapshot().members[0]?.threadId)}\n`);
}

void main();
