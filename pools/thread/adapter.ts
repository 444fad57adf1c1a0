/** Entry of the thread pool for core/app/adapters.ts, which loads it when a worker starts. */
import type { Pool, PoolHandlers } from '../../core/ports/pool.js';
import { LanePool } from './lane-pool.js';

export interface ThreadPoolRequest {
  /** The member program, importable. */
  readonly program: URL;
  readonly data: unknown;
  readonly size: number;
  readonly maxJobsPerMember: number | null;
  readonly maxHeapMb: number | null;
  readonly handlers: PoolHandlers;
}

export function createPool({ program, data, size, maxJobsPerMember, maxHeapMb, handlers }: ThreadPoolRequest): Pool {
  const resourceLimits = maxHeapMb === null ? {} : { maxOldGenerationSizeMb: maxHeapMb };
  const options = { programUrl: program.href, data, size, maxTasksPerMember: maxJobsPerMember, resourceLimits };
  return new LanePool(options, handlers);
}
