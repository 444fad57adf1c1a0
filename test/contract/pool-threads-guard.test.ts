/** In a process of its own: what these tests rule out is the end of the process. */
import { LanePool } from '../../pools/thread/lane-pool.js';
import { exerciseGuard } from './pool-guard.contract.js';

const programUrl = new URL('../support/members/guarded-kinds.js', import.meta.url).href;

exerciseGuard('LanePool', (options, handlers) => new LanePool({ ...options, programUrl }, handlers));
