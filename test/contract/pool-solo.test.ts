import { SoloPool } from '../../pools/solo/solo-pool.js';
import { exercisePool } from './pool.contract.js';

const programUrl = new URL('../support/members/scripted.js', import.meta.url).href;

exercisePool('SoloPool', (options, handlers) => new SoloPool({ ...options, programUrl }, handlers));
