/** Entry of the process pool for core/app/adapters.ts, which loads it when a worker asks for it. */
import type { PoolOptions } from '../../core/ports/adapter.js';
import type { Pool } from '../../core/ports/pool.js';
import { ProcessPool } from './process-pool.js';

export function createPool(options: PoolOptions): Pool {
  const { program, maxJobsPerMember, laneDepth } = options;
  const own = {
    ...options,
    programUrl: program.href,
    maxTasksPerMember: maxJobsPerMember,
    waitingPerMember: laneDepth,
  };
  return new ProcessPool(own, options.handlers);
}
