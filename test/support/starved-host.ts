/** A program with a pool of one child process that dies when the system has no file descriptors left: prints how that went. */
import { closeSync, openSync } from 'node:fs';
import { ProcessPool } from '../../pools/process/process-pool.js';
import { TestHandlers } from './pool-job.js';

const programUrl = new URL('./members/mortal.js', import.meta.url).href;

function takeAll(): readonly number[] {
  const taken: number[] = [];
  try {
    for (;;) taken.push(openSync('/dev/null', 'r'));
  } catch {
    return taken;
  }
}

async function main(): Promise<void> {
  const handlers = new TestHandlers();
  const pool = new ProcessPool({ programUrl, size: 1 }, handlers);
  await pool.start(20_000);
  const hold = setInterval(() => undefined, 20_000);
  const taken = takeAll();
  process.kill(pool.snapshot().members[0]?.threadId ?? 0, 'SIGKILL');
  while (handlers.lost.length < 3) await new Promise(setImmediate);
  for (const descriptor of taken) closeSync(descriptor);
  while (pool.snapshot().members[0]?.state !== 'ready') await new Promise(setImmediate);
  process.stdout.write(handlers.lost.at(-1)?.error.message ?? '');
  clearInterval(hold);
  await pool.close(0);
}

void main();
