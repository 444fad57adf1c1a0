/** States of a supervised node and the steps between them. Drawn in docs/state-machines.md, compared by a test. */
import type { TransitionTable } from '../../core/kernel/state-machine.js';

export type NodeState = 'waiting' | 'starting' | 'ready' | 'stopping' | 'killing' | 'left';

export const nodeTransitions: TransitionTable<NodeState> = {
  // No process: before its first start, or until its next one.
  waiting: ['starting', 'left'],
  // The process loads; it must be ready within its bound.
  starting: ['ready', 'stopping', 'killing', 'waiting', 'left'],
  // It consumes.
  ready: ['stopping', 'killing', 'waiting', 'left'],
  // It was told to end: for good, or to be started again.
  stopping: ['killing', 'waiting', 'left'],
  // It gave no sign for too long, or somebody is in a hurry: SIGKILL is under way.
  killing: ['waiting', 'left'],
  // It is not started again.
  left: [],
};
