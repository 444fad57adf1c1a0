/** The states of a pool, drawn in docs/state-machines.md. */
import type { TransitionTable } from '../core/kernel/state-machine.js';

export type PoolState = 'new' | 'open' | 'closing' | 'ending' | 'closed';

export const poolTransitions: TransitionTable<PoolState> = {
  new: ['open', 'closing'],
  open: ['closing'],
  closing: ['ending', 'closed'],
  ending: ['closed'],
  closed: [],
};
