/** tinypool as it comes, and with many calls a thread. It alone among the peers can give each call a fresh thread. */
import { requirePeer, peerLabel } from '../harness/peer.js';
import type { Contender } from './contender.js';

interface Tinypool {
  run(value: unknown, options?: { readonly signal: AbortSignal }): Promise<unknown>;
  destroy(): Promise<void>;
}
interface TinypoolModule {
  readonly Tinypool: new (options: Readonly<Record<string, unknown>>) => Tinypool;
}

function tinypool(concurrentTasksPerWorker: number): Contender {
  return {
    id: `tinypool ${concurrentTasksPerWorker}`,
    get label() {
      return `${peerLabel('tinypool')}, concurrentTasksPerWorker ${concurrentTasksPerWorker}`;
    },
    abilities: concurrentTasksPerWorker === 1 ? ['aborting', 'recycling'] : ['aborting'],
    isInQuick: concurrentTasksPerWorker === 1,
    load: async (log) => {
      const module = await requirePeer<TinypoolModule>('tinypool', log);
      return ({ task, minThreads, maxThreads, maxCallsPerThread }) => {
        const isolateWorkers = maxCallsPerThread !== undefined;
        const speed = { concurrentTasksPerWorker, isolateWorkers, idleTimeout: 2 ** 31 - 1 };
        const pool = new module.Tinypool({ filename: task.href, minThreads, maxThreads, ...speed });
        return {
          ready: Promise.resolve(),
          run: (value) => pool.run(value),
          runAbortable: (value, signal) => pool.run(value, { signal }),
          close: () => pool.destroy(),
        };
      };
    },
  };
}

export const tinypools: readonly Contender[] = [tinypool(1), tinypool(100)];
