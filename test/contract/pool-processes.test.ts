import { ProcessPool } from '../../pools/process/process-pool.js';
import { exercisePool } from './pool.contract.js';

const programUrl = new URL('../support/members/scripted.js', import.meta.url).href;

exercisePool('ProcessPool', ({ resourceLimits, ...options }, handlers) => {
  const maxHeapMb = resourceLimits?.maxOldGenerationSizeMb ?? null;
  return new ProcessPool({ ...options, maxHeapMb, programUrl }, handlers);
});
