/** Task states, their sets and precedence (TASK-60..62), and nothing else. */

export const State = {
  PENDING: 'PENDING',
  RECEIVED: 'RECEIVED',
  STARTED: 'STARTED',
  SUCCESS: 'SUCCESS',
  FAILURE: 'FAILURE',
  RETRY: 'RETRY',
  REVOKED: 'REVOKED',
  REJECTED: 'REJECTED',
  IGNORED: 'IGNORED',
} as const;

/** A known state. On the wire any other upper-case name is allowed too (custom states). */
export type State = (typeof State)[keyof typeof State];

/** A task in one of these has its final result. */
export const READY_STATES: ReadonlySet<string> = new Set<string>([State.SUCCESS, State.FAILURE, State.REVOKED]);

/** In these the stored result is an exception object. */
export const EXCEPTION_STATES: ReadonlySet<string> = new Set<string>([State.RETRY, State.FAILURE, State.REVOKED]);

/** In these `get()` throws. */
export const PROPAGATE_STATES: ReadonlySet<string> = new Set<string>([State.FAILURE, State.REVOKED]);

/** TASK-62, high to low; null stands for every custom state. */
const PRECEDENCE: readonly (string | null)[] = [
  State.SUCCESS,
  State.FAILURE,
  null,
  State.REVOKED,
  State.STARTED,
  State.RECEIVED,
  State.REJECTED,
  State.RETRY,
  State.PENDING,
];

/** Rank of a state: 0 is the highest (SUCCESS). Custom states share one rank. */
export function precedence(state: string): number {
  const index = PRECEDENCE.indexOf(state);
  return index === -1 ? PRECEDENCE.indexOf(null) : index;
}
