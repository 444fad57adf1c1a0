/**
 * The acknowledgement matrix (ACK-02), cell by cell: how a run ended × when its task acknowledges → what becomes of the
 * delivery, and whether a state is stored. `judge.ts` reads it, and nothing else decides. Pure data.
 *
 * With early acknowledgement the delivery was settled when a member started the task: only the state is left to decide.
 */

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

/** What follows from each end. */
export type Settlings = Readonly<Record<Fate, Settling>>;

const FATES = Object.keys(ACK_MATRIX) as readonly Fate[];

/** For deliveries that were acknowledged when their task started. */
export const EARLY_SETTLINGS: Settlings = tabulate((fate) => ({
  cell: null,
  storesState: !ACK_MATRIX[fate].silent.includes('early'),
}));

/** For the late ones of a task with these options; made once for each, so that a message costs a look. */
export function lateSettlings(options: Readonly<Record<AckSwitch, boolean>>): Settlings {
  return tabulate((fate) => lateSettling(fate, options));
}

function lateSettling(fate: Fate, options: Readonly<Record<AckSwitch, boolean>>): Settling {
  const { chosenBy, on, off, silent } = ACK_MATRIX[fate];
  const isOn = chosenBy === null || options[chosenBy];
  if (!isOn && off === null) return lateSettling('failure', options);
  const cell = isOn || off === null ? on : off;
  return { cell, storesState: !silent.includes(cell) };
}

function tabulate(settle: (fate: Fate) => Settling): Settlings {
  return Object.fromEntries(FATES.map((fate) => [fate, settle(fate)])) as unknown as Settlings;
}
