/** Pools as users bring them along: the example of the guide, a class, and some that are none. */
import type { Pool, PoolJob, PoolOptions } from '../../core/ports/public.js';
import { createThreadsPool } from '../../pools/public.js';

/** Jobs that went through a pool of this module. */
export const seen: string[] = [];

/** A pool around another one: sees every job before a member does. */
export function createPool(options: PoolOptions): Pool {
  const threads = createThreadsPool(options);
  return {
    capabilities: { ...threads.capabilities, kind: 'watched' },
    start: (timeoutMs) => threads.start(timeoutMs),
    submit(job: PoolJob) {
      const isTaken = threads.submit(job);
      if (isTaken) seen.push(job.head);
      return isTaken;
    },
    cancel: (job, how) => threads.cancel(job, how),
    recall: (job) => threads.recall(job),
    isRunning: (job) => threads.isRunning(job),
    snapshot: () => threads.snapshot(),
    renew: (data) => threads.renew(data),
    resize: (size) => {
      threads.resize(size);
    },
    close: (timeoutMs) => threads.close(timeoutMs),
  };
}

export const adapter = { createPool };

export const unfinished = (): object => ({ start: () => Promise.resolve([]) });

export const number = 7;
