/** Entry of the solo pool for core/app/adapters.ts, which loads it when a worker asks for it. */
import type { PoolOptions } from '../../core/ports/adapter.js';
import type { Pool } from '../../core/ports/pool.js';
import { SoloPool } from './solo-pool.js';

export function createPool({ program, data, asyncPerMember, laneDepth, handlers }: PoolOptions): Pool {
  const options = { programUrl: program.href, data, asyncPerMember, maxWaiting: laneDepth };
  return new SoloPool(options, handlers);
}
