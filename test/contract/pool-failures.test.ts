import { LanePool } from '../../pools/thread/lane-pool.js';
import { ProcessPool } from '../../pools/process/process-pool.js';
import { exerciseFailures, type CreateFailurePool } from './pool-failures.contract.js';
import { exerciseLoading } from './pool-loading.contract.js';
import { exercisePatches } from './pool-patches.contract.js';

const urlOf = (program: string): string => new URL(`../support/members/${program}.js`, import.meta.url).href;

const threadsOf =
  (programUrl: string): CreateFailurePool =>
  ({ maxHeapMb, ...options }, handlers) =>
    new LanePool({ ...options, resourceLimits: { maxOldGenerationSizeMb: maxHeapMb }, programUrl }, handlers);
const processesOf =
  (programUrl: string): CreateFailurePool =>
  (options, handlers) =>
    new ProcessPool({ ...options, programUrl }, handlers);

exerciseFailures('LanePool', threadsOf(urlOf('faults')));
exerciseFailures('ProcessPool', processesOf(urlOf('faults')));
exercisePatches('LanePool', threadsOf(urlOf('patching')));
exercisePatches('ProcessPool', processesOf(urlOf('patching')));

const loadingUrl = urlOf('loading');
exerciseLoading('LanePool', (options, handlers) => new LanePool({ ...options, programUrl: loadingUrl }, handlers));
exerciseLoading(
  'ProcessPool',
  (options, handlers) => new ProcessPool({ ...options, programUrl: loadingUrl }, handlers),
);
