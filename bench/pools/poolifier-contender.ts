/** poolifier as it comes. 5.1.6 is the last that runs on Node 20; 5.3 wants 22.13. Fixed where no thread is to be added. */
import { fileURLToPath } from 'node:url';
import { withPatience } from '../harness/patience.js';
import { peerLabel, peerUrl, requirePeer } from '../harness/peer.js';
import type { Contender } from './contender.js';

interface Poolifier {
  execute(value: unknown, name?: string, signal?: AbortSignal): Promise<unknown>;
  destroy(): Promise<void>;
}
type Options = Readonly<Record<string, unknown>>;
interface PoolifierModule {
  readonly FixedThreadPool: new (threads: number, file: string, options: Options) => Poolifier;
  readonly DynamicThreadPool: new (min: number, max: number, file: string, options: Options) => Poolifier;
}

const CLOSE_PATIENCE_MS = 500;
const wrapper = new URL('../programs/pools/poolifier-task.js', import.meta.url);

export const poolifier: Contender = {
  id: 'poolifier',
  get label() {
    return `${peerLabel('poolifier')}, default strategy`;
  },
  abilities: ['aborting'],
  isInQuick: true,
  load: async (log) => {
    const module = await requirePeer<PoolifierModule>('poolifier', log);
    return ({ task, minThreads, maxThreads }) => {
      const workerOptions = { workerData: { taskUrl: task.href, peerUrl: peerUrl('poolifier') } };
      const options = { workerOptions, errorEventHandler: () => undefined };
      const file = fileURLToPath(wrapper);
      const pool =
        minThreads === maxThreads
          ? new module.FixedThreadPool(maxThreads, file, options)
          : new module.DynamicThreadPool(minThreads, maxThreads, file, options);
      return {
        ready: Promise.resolve(),
        run: (value) => pool.execute(value, 'task'),
        runAbortable: (value, signal) => pool.execute(value, 'task', signal),
        // Of dynamic pools one in four never answers. What is left ends with the process.
        close: () => withPatience(pool.destroy(), CLOSE_PATIENCE_MS).catch(() => undefined),
      };
    };
  },
};
