/** States of a request and the steps between them. Drawn in docs/state-machines.md, compared by a test. */
import type { TransitionTable } from '../kernel/state-machine.js';

export type RequestState =
  'reserved' | 'checking' | 'scheduled' | 'limited' | 'dispatched' | 'running' | 'settling' | 'settled';

export const requestTransitions: TransitionTable<RequestState> = {
  // On its way to the pool, or waits there for room; handed back without having been there.
  reserved: ['checking', 'scheduled', 'limited', 'dispatched', 'settling'],
  // Delivered again: the store is asked whether it has succeeded before.
  checking: ['reserved', 'settling'],
  // Held until its ETA.
  scheduled: ['reserved', 'settling'],
  // Held until the rate limit of its task has a token for it.
  limited: ['reserved', 'settling'],
  // In a lane. The end may be the first thing that is heard of the start; recalled, it is handed back.
  dispatched: ['running', 'settling'],
  // A member has started it (heard of only when it matters: early ack, STARTED).
  running: ['settling'],
  settling: ['settled'],
  settled: [],
};
