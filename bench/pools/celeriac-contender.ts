/** Our pool, as users of `celeriac/pools` have it: default codec, nothing tuned. */
import { ThreadPool } from '../../pools/public.js';
import type { Contender } from './contender.js';

export const celeriac: Contender = {
  id: 'celeriac',
  label: 'celeriac ThreadPool',
  abilities: ['aborting', 'recycling'],
  isInQuick: true,
  load: () =>
    Promise.resolve(({ task, minThreads, maxThreads, maxCallsPerThread }) => {
      const pool = new ThreadPool({
        filename: task,
        minThreads,
        maxThreads,
        maxTasksPerMember: maxCallsPerThread ?? null,
      });
      return {
        ready: pool.ready,
        run: (value) => pool.run(value),
        runAbortable: (value, signal) => pool.run(value, { signal }),
        close: () => pool.close(),
      };
    }),
};
