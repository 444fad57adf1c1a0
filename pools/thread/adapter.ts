/** Entry of the thread pool for core/app/adapters.ts, which loads it when a worker starts. */
import type { PoolOptions } from '../../core/ports/adapter.js';
import type { Pool } from '../../core/ports/pool.js';
import { LanePool } from './lane-pool.js';

export function createPool(options: PoolOptions): Pool {
  const { program, data, size, asyncPerMember, warmSpares, maxJobsPerMember, maxHeapMb, handlers } = options;
  const { maxMemoryPerMemberKib, maxRssMb, maxAgeMs, laneDepth, maxRetainedBytes } = options;
  return new LanePool(
    {
      programUrl: program.href,
      data,
      size,
      asyncPerMember,
      warmSpares,
      laneDepth,
      maxRetainedBytes,
      maxTasksPerMember: maxJobsPerMember,
      maxMemoryPerMemberKib,
      maxRssMb,
      maxAgeMs,
      resourceLimits: maxHeapMb === null ? {} : { maxOldGenerationSizeMb: maxHeapMb },
    },
    handlers,
  );
}
