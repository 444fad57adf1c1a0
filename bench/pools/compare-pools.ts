/** Makes a case of a workload: everybody who can takes part, and each row becomes a ranking. */
import type { BenchCase } from '../harness/bench-case.js';
import { rankEntrants } from '../harness/ranking.js';
import { contenders } from './contenders.js';
import type { PoolWorkload } from './pool-workload.js';
import { openRemoteSession } from './session.js';

/** @throws what our own session throws, when it is run; a peer's failure is a line. */
export function comparePools(workload: PoolWorkload): BenchCase {
  const { name, question, topology, rows, needs, isCold = false } = workload;
  return {
    name,
    question,
    topology,
    metric: rows[0]?.metric ?? { unit: '', better: 'higher' },
    run: (context) => {
      const able = contenders.filter(({ abilities }) => needs === undefined || abilities.includes(needs));
      const entrants = able
        .filter(({ isInQuick }) => isInQuick || !context.isQuick)
        .map((contender) => ({
          id: contender.id,
          label: contender.label,
          open: () => openRemoteSession(workload, contender, { isQuick: context.isQuick }),
        }));
      // A first sample of code that has never run says nothing, even in quick mode.
      const warmupCount = isCold ? 0 : Math.max(1, context.warmupCount);
      return rankEntrants({ ...context, warmupCount }, entrants, rows);
    },
  };
}
