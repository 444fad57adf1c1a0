/** States of a supervisor and the steps between them. Drawn in docs/state-machines.md, compared by a test. */
import type { TransitionTable } from '../../core/kernel/state-machine.js';

export type SupervisorState = 'starting' | 'running' | 'stopping' | 'ended';

export const supervisorTransitions: TransitionTable<SupervisorState> = {
  // Not every node has been ready yet.
  starting: ['running', 'stopping', 'ended'],
  // All nodes have been ready once; those that die come back.
  running: ['stopping', 'ended'],
  // Nodes were told to end, none is started any more.
  stopping: ['ended'],
  // No node has a process, none will.
  ended: [],
};
