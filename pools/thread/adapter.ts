/** Entry of the thread pool for core/app/adapters.ts, which loads it when a worker starts. */
import type { PoolOptions } from '../../core/ports/adapter.js';
import type { Pool } from '../../core/ports/pool.js';
import { LanePool } from './lane-pool.js';

export function createPool({ program, data, size, maxJobsPerMember, maxHeapMb, handlers }: PoolOptions): Pool {
  const resourceLimits = maxHeapMb === null ? {} : { maxOldGenerationSizeMb: maxHeapMb };
  const options = { programUrl: program.href, data, size, maxTasksPerMember: maxJobsPerMember, resourceLimits };
  return new LanePool(options, handlers);
}
