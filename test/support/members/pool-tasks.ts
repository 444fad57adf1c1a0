/** Tasks that tell where they run, for workers with every kind of pool. */
import { getEnvironmentData, isMainThread, threadId } from 'node:worker_threads';
import { Celeriac, signals } from '../../../core/app/public.js';

const address = 'memory://pool-tasks';
export const app = new Celeriac('pool-tasks', { brokerUrl: address, resultBackend: address, setAsCurrent: false });

let inits = 0;
signals.workerProcessInit.connect(() => {
  inits++;
});

export const where = app.task('pools.where', () => ({
  pid: process.pid,
  thread: threadId,
  isMainThread,
  role: app.role,
  inits,
}));

export const loops = app.task('pools.loops', { timeLimit: 0.2 }, () => {
  for (;;);
});

export const runsOn = app.task('pools.runsOn', () => {
  for (;;);
});

export const computes = app.task('pools.computes', (ms: number) => {
  const endMs = performance.now() + ms;
  while (performance.now() < endMs);
  return process.pid;
});

export const holds = app.task('pools.holds', { timeLimit: 0.2 }, () => new Promise<void>(() => undefined));

export const waits = app.task('pools.waits', { bind: true, softTimeLimit: 0.1 }, async (context) => {
  await new Promise((resolve) => {
    context.signal.addEventListener('abort', resolve);
  });
  return (context.signal.reason as Error).name;
});

let meeting: ((thread: number) => void)[] = [];

/** Ends when so many are there at once, in one member. */
export const meets = app.task('pools.meets', (count: number) => {
  return new Promise<number>((resolve) => {
    meeting.push(resolve);
    if (meeting.length < count) return;
    for (const each of meeting) each(threadId);
    meeting = [];
  });
});

/** Counts in memory that the host has made and every thread shares. */
export const counts = app.task('pools.counts', () => {
  const shared = getEnvironmentData('pools.counter') as SharedArrayBuffer | undefined;
  return shared === undefined ? null : Atomics.add(new Int32Array(shared), 0, 1) + 1;
});
