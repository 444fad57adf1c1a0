/** workerpool on threads: one call a thread, no settings that change its speed. */
import { fileURLToPath } from 'node:url';
import { peerLabel, peerUrl, requirePeer } from '../harness/peer.js';
import type { Contender } from './contender.js';

interface Cancellable extends PromiseLike<unknown> {
  cancel(): unknown;
}
interface WorkerPool {
  exec(name: string, params: readonly unknown[]): Cancellable;
  terminate(force: boolean): PromiseLike<unknown>;
}
interface WorkerPoolModule {
  readonly default: { pool(script: string, options: Readonly<Record<string, unknown>>): WorkerPool };
}

const wrapper = new URL('../programs/pools/workerpool-task.js', import.meta.url);

export const workerpool: Contender = {
  id: 'workerpool',
  get label() {
    return `${peerLabel('workerpool')}, threads`;
  },
  abilities: ['aborting'],
  isInQuick: true,
  load: async (log) => {
    const module = await requirePeer<WorkerPoolModule>('workerpool', log);
    return ({ task, minThreads, maxThreads }) => {
      const workerThreadOpts = { workerData: { taskUrl: task.href, peerUrl: peerUrl('workerpool') } };
      const threads = { workerType: 'thread', minWorkers: minThreads, maxWorkers: maxThreads };
      const pool = module.default.pool(fileURLToPath(wrapper), { ...threads, workerThreadOpts });
      return {
        ready: Promise.resolve(),
        // Its promises are of its own make: Promise.resolve has them behave.
        run: (value) => Promise.resolve(pool.exec('task', [value])),
        runAbortable: (value, signal) => {
          const call = pool.exec('task', [value]);
          const cancel = (): void => {
            // What it answers is a promise that rejects, and an event listener's answer must not be one.
            void call.cancel();
          };
          signal.addEventListener('abort', cancel, { once: true });
          return Promise.resolve(call);
        },
        close: async () => {
          await pool.terminate(true);
        },
      };
    };
  },
};
