import { LanePool } from '../../pools/thread/lane-pool.js';
import { exercisePool } from './pool.contract.js';

const programUrl = new URL('../support/members/scripted.js', import.meta.url).href;

exercisePool('LanePool', (options, handlers) => new LanePool({ ...options, programUrl }, handlers));
