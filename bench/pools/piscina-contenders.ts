/** piscina in the six settings that decide its speed: how its threads wait, and how many calls one holds. */
import { requirePeer, peerLabel } from '../harness/peer.js';
import type { Contender } from './contender.js';

interface Piscina {
  run(value: unknown, options?: { readonly signal: AbortSignal }): Promise<unknown>;
  destroy(): Promise<void>;
}
interface PiscinaModule {
  readonly Piscina: new (options: Readonly<Record<string, unknown>>) => Piscina;
}

const WAITING = ['sync', 'async', 'disabled'] as const;
const CALLS_PER_THREAD = [1, 100] as const;
/** Its default, and the two that have been the fastest. */
const QUICK_IDS = ['piscina sync/1', 'piscina sync/100', 'piscina async/100'];

function piscina(atomics: (typeof WAITING)[number], concurrentTasksPerWorker: number): Contender {
  const id = `piscina ${atomics}/${concurrentTasksPerWorker}`;
  return {
    id,
    get label() {
      return `${peerLabel('piscina')}, atomics ${atomics}, concurrentTasksPerWorker ${concurrentTasksPerWorker}`;
    },
    abilities: ['aborting'],
    isInQuick: QUICK_IDS.includes(id),
    load: async (log) => {
      const module = await requirePeer<PiscinaModule>('piscina', log);
      return ({ task, minThreads, maxThreads }) => {
        const speed = { atomics, concurrentTasksPerWorker, idleTimeout: Infinity };
        const pool = new module.Piscina({ filename: task.href, minThreads, maxThreads, ...speed });
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

export const piscinas: readonly Contender[] = WAITING.flatMap((atomics) =>
  CALLS_PER_THREAD.map((calls) => piscina(atomics, calls)),
);
