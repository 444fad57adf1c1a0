/** States of a request and the steps between them. Drawn in docs/state-machines.md, compared by a test. */
import type { TransitionTable } from '../kernel/state-machine.js';

export type RequestState = 'reserved' | 'dispatched' | 'running' | 'settling' | 'settled';

export const requestTransitions: TransitionTable<RequestState> = {
  // Waits for room in the pool; handed back without having been there.
  reserved: ['dispatched', 'settling'],
  // In a lane. The end may be the first thing that is heard of the start; recalled, it is handed back.
  dispatched: ['running', 'settling'],
  // A member has started it (heard of only when it matters: early ack, STARTED).
  running: ['settling'],
  settling: ['settled'],
  settled: [],
};
