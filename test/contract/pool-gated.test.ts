/** A pool behind the turnstile is a pool like any other: the contract, with a key of its own for each job. */
import type { PoolHandlers, PoolJob } from '../../core/ports/pool.js';
import { GatedPool } from '../../pools/gated-pool.js';
import { LanePool } from '../../pools/thread/lane-pool.js';
import { TestJob } from '../support/pool-job.js';
import { exercisePool } from './pool.contract.js';
import type { PoolContractOptions } from './pool-suite.js';

const programUrl = new URL('../support/members/scripted.js', import.meta.url).href;

class KeyedPool extends GatedPool {
  #lastKey = 0;

  constructor(options: PoolContractOptions, handlers: PoolHandlers) {
    super((inner) => new LanePool({ ...options, programUrl }, inner), handlers);
  }

  override submit(job: PoolJob): boolean {
    if (job instanceof TestJob) job.orderingKey ??= `key ${String(++this.#lastKey)}`;
    return super.submit(job);
  }
}

exercisePool('GatedPool before LanePool', (options, handlers) => new KeyedPool(options, handlers));
