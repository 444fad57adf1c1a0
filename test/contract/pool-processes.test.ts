import { ProcessPool } from '../../pools/process/process-pool.js';
import { exerciseGuard } from './pool-guard.contract.js';
import { exercisePool } from './pool.contract.js';

const programUrl = new URL('../support/members/scripted.js', import.meta.url).href;
const guardedUrl = new URL('../support/members/guarded-kinds.js', import.meta.url).href;

exercisePool('ProcessPool', ({ resourceLimits, ...options }, handlers) => {
  const maxHeapMb = resourceLimits?.maxOldGenerationSizeMb ?? null;
  return new ProcessPool({ ...options, maxHeapMb, programUrl }, handlers);
});
exerciseGuard('ProcessPool', (options, handlers) => new ProcessPool({ ...options, programUrl: guardedUrl }, handlers));
