/**
 * What the worker counts of its tasks: how their runs ended, how long they waited and ran. Written at each end of a run,
 * read when somebody collects. Names come from messages, but only names of tasks that the worker knows get here; their
 * number is bounded all the same. Host thread.
 */
import { Histogram } from '../../metrics/histogram.js';
import { OutcomeKind } from '../../task/outcome-record.js';
import type { RunEnd } from '../request.js';

/** How a run may end, in the words of the label `end`. */
export const RUN_ENDS = [
  'success',
  'failure',
  'retry',
  'ignored',
  'rejected',
  'requeued',
  'unreadable',
  'lost',
  'time-limit',
  'terminated',
] as const;
export type RunEndName = (typeof RUN_ENDS)[number];

const NAME_OF_OUTCOME: Readonly<Record<OutcomeKind, RunEndName>> = {
  [OutcomeKind.SUCCESS]: 'success',
  [OutcomeKind.FAILURE]: 'failure',
  [OutcomeKind.RETRY]: 'retry',
  [OutcomeKind.IGNORED]: 'ignored',
  [OutcomeKind.REJECTED]: 'rejected',
  [OutcomeKind.REQUEUED]: 'requeued',
  [OutcomeKind.UNREADABLE]: 'unreadable',
};

const MAX_TASKS = 1_000;
const OTHER = 'other';

export class TaskTally {
  readonly ends: Record<RunEndName, number> = {
    success: 0,
    failure: 0,
    retry: 0,
    ignored: 0,
    rejected: 0,
    requeued: 0,
    unreadable: 0,
    lost: 0,
    'time-limit': 0,
    terminated: 0,
  };
  /** From when it could run to when it did, s. */
  readonly waits = new Histogram();
  /** Run time, s; only of runs of which a member has told. */
  readonly runs = new Histogram();
}

export class TaskTallies {
  readonly #byTask = new Map<string, TaskTally>();

  /** @param waitedMs from when the request could run until now: the run itself is taken off here */
  ended(task: string, end: RunEnd, waitedMs: number): void {
    const tally = this.#of(task);
    if (end.kind !== 'outcome') {
      tally.ends[end.kind]++;
      return;
    }
    tally.ends[NAME_OF_OUTCOME[end.outcome]]++;
    const { runtimeUs } = end.parts;
    tally.runs.record(runtimeUs / 1e6);
    tally.waits.record(waitedMs / 1e3 - runtimeUs / 1e6);
  }

  entries(): Iterable<readonly [task: string, tally: TaskTally]> {
    return this.#byTask;
  }

  #of(task: string): TaskTally {
    const known = this.#byTask.get(task);
    if (known !== undefined) return known;
    if (this.#byTask.size >= MAX_TASKS && task !== OTHER) return this.#of(OTHER);
    const tally = new TaskTally();
    this.#byTask.set(task, tally);
    return tally;
  }
}
