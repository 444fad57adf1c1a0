/**
 * The life of a child process as the host sees it. Host thread.
 *
 *     spawning ──► ready ──► retiring ──► closing ──► gone       retiring: gets no more jobs, ends those it has
 *         └──────────┴───────────┴───────────┴──► terminating ──► gone      closing: the program's close() runs
 */
import type { TransitionTable } from '../../core/kernel/state-machine.js';

export type MemberState = 'spawning' | 'ready' | 'retiring' | 'closing' | 'terminating' | 'gone';

export const childTransitions: TransitionTable<MemberState> = {
  spawning: ['ready', 'terminating', 'gone'],
  ready: ['retiring', 'terminating', 'gone'],
  retiring: ['closing', 'terminating', 'gone'],
  closing: ['terminating', 'gone'],
  terminating: ['gone'],
  gone: [],
};
