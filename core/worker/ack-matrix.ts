/**
 * The acknowledgement matrix (ACK-02), cell by cell: how a run ended × when its task acknowledges → what becomes of the
 * delivery, and whether a state is stored. `judge.ts` reads it, and nothing else decides. Pure data.
 *
 * With early acknowledgement the delivery was settled when a member started the task: only the state is left to decide.
 */
import type { TaskPlan } from './task-plan.js';

/** `again`: delivered again, counted towards the crash cap; `back`: handed back as if it had never been delivered. */
export type Cell = 'ack' | 'dead-letter' | 'again' | 'back';

export type Fate =
  | 'success'
  | 'failure'
  | 'retry'
  | 'ignored'
  | 'rejected'
  | 'requeued'
  | 'unreadable'
  | 'timeout'
  | 'lost'
  | 'lost-too-often'
  | 'terminated'
  | 'cancelled';

/** The option that chooses between the two late columns. */
export type AckSwitch = 'acksOnFailure' | 'acksOnTimeout' | 'rejectsOnWorkerLost' | 'dropsUnreadable';

export interface MatrixRow {
  readonly chosenBy: AckSwitch | null;
  /** Late, the option is on (or there is none). */
  readonly on: Cell;
  /** Late, the option is off; null where there is none. */
  readonly off: Cell | null;
  /** Cells in which no state is stored: whoever runs it next will say how it ended. */
  readonly silent: readonly (Cell | 'early')[];
}

export const ACK_MATRIX: Readonly<Record<Fate, MatrixRow>> = {
  success: { chosenBy: null, on: 'ack', off: null, silent: [] },
  failure: { chosenBy: 'acksOnFailure', on: 'ack', off: 'dead-letter', silent: [] },
  retry: { chosenBy: null, on: 'ack', off: null, silent: [] },
  ignored: { chosenBy: null, on: 'ack', off: null, silent: [] },
  // ACK-05: a rejected message is dead-lettered; one that asks to be delivered again has no state.
  rejected: { chosenBy: null, on: 'dead-letter', off: null, silent: [] },
  requeued: { chosenBy: null, on: 'back', off: null, silent: ['back', 'early'] },
  // BUG-07
  unreadable: { chosenBy: 'dropsUnreadable', on: 'ack', off: 'dead-letter', silent: [] },
  // A soft limit that the task does not catch is a failure; this is the hard one.
  timeout: { chosenBy: 'acksOnTimeout', on: 'ack', off: 'again', silent: ['again'] },
  // ACK-03, ACK-04; without `rejectsOnWorkerLost` a loss is settled as a failure is.
  lost: { chosenBy: 'rejectsOnWorkerLost', on: 'again', off: null, silent: ['again'] },
  'lost-too-often': { chosenBy: null, on: 'dead-letter', off: null, silent: [] },
  // WORK-61: revoked while it ran.
  terminated: { chosenBy: null, on: 'ack', off: null, silent: [] },
  // WORK-75: the worker stops.
  cancelled: { chosenBy: null, on: 'back', off: null, silent: ['back'] },
};

export interface Settling {
  /** null when the delivery was settled at the start of the run. */
  readonly cell: Cell | null;
  readonly storesState: boolean;
}

/** @param dropsUnreadable the setting `workerOnDecodeError` is `ack`. */
export function lookUp(
  fate: Fate,
  {
    plan,
    isAcked,
    dropsUnreadable,
  }: { readonly plan: TaskPlan; readonly isAcked: boolean; readonly dropsUnreadable: boolean },
): Settling {
  const row = ACK_MATRIX[fate];
  if (isAcked) return { cell: null, storesState: !row.silent.includes('early') };
  const isOn = row.chosenBy === null || (row.chosenBy === 'dropsUnreadable' ? dropsUnreadable : plan[row.chosenBy]);
  if (!isOn && row.off === null) return lookUp('failure', { plan, isAcked, dropsUnreadable });
  const cell = isOn || row.off === null ? row.on : row.off;
  return { cell, storesState: !row.silent.includes(cell) };
}
