/** Single operations of the hot path. Where they have grown dearer, the cases of whole programs tell what it means. */
import type { BenchCase } from '../harness/bench-case.js';
import { requirePeer } from '../harness/peer.js';
import { createBellCases } from '../micro/pools/bells.js';
import { createRingCases } from '../micro/pools/ring.js';
import { createCodecCases } from '../micro/pools/value-codec.js';
import { OPERATIONS, timeMicroCase, type BenchmarkModule } from '../micro/time-micro-case.js';

export const benchCase: BenchCase = {
  name: 'micro',
  question: 'What do the single operations of the hot path cost?',
  topology: 'one thread, one operation over and over (npm: benchmark); a batch counts as one operation',
  metric: OPERATIONS,
  run: async (context) => {
    const log = (line: string): void => {
      context.log(line);
    };
    const library = await requirePeer<BenchmarkModule>('benchmark', log).catch((error: unknown) => {
      log(`skipped: ${String(error)}`);
    });
    if (library === undefined) return [];
    const cases = [...createRingCases(), ...createCodecCases(), ...createBellCases()];
    return cases.map((micro) => timeMicroCase(library, micro, context.isQuick));
  },
};
