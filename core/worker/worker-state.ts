/** States of a worker and the steps between them. Drawn in docs/state-machines.md, compared by a test. */
import type { TransitionTable } from '../kernel/state-machine.js';

export type WorkerState = 'starting' | 'ready' | 'closing' | 'closed';

export const workerTransitions: TransitionTable<WorkerState> = {
  // A start that fails closes what it has opened.
  starting: ['ready', 'closing'],
  ready: ['closing'],
  closing: ['closed'],
  closed: [],
};
