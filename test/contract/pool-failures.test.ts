import { LanePool } from '../../pools/thread/lane-pool.js';
import { ProcessPool } from '../../pools/process/process-pool.js';
import { exerciseFailures } from './pool-failures.contract.js';

const programUrl = new URL('../support/members/faults.js', import.meta.url).href;

exerciseFailures('LanePool', ({ maxHeapMb, ...options }, handlers) => {
  const resourceLimits = { maxOldGenerationSizeMb: maxHeapMb };
  return new LanePool({ ...options, resourceLimits, programUrl }, handlers);
});
exerciseFailures('ProcessPool', (options, handlers) => new ProcessPool({ ...options, programUrl }, handlers));
