/**
 * The life of a member as the host sees it, whatever executes it; drawn in docs/state-machines.md. Host thread.
 *
 *     spawning ──► ready ──► retiring ──► closing ──► gone       retiring: gets no more jobs, ends those it has
 *         └──────────┴───────────┴───────────┴──► terminating ──► gone      closing: the program's close() runs
 */
import type { TransitionTable } from '../core/kernel/state-machine.js';

export type MemberState = 'spawning' | 'ready' | 'retiring' | 'closing' | 'terminating' | 'gone';

export const memberTransitions: TransitionTable<MemberState> = {
  spawning: ['ready', 'terminating', 'gone'],
  ready: ['retiring', 'terminating', 'gone'],
  retiring: ['closing', 'terminating', 'gone'],
  closing: ['terminating', 'gone'],
  terminating: ['gone'],
  gone: [],
};
