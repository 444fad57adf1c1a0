/** How this worker treats the messages of one task: the task's own options, else the settings; computed once at start. */
import { parseRateLimit } from '../kernel/rate-limit.js';
import type { ConcurrencyCap } from '../ports/pool.js';
import type { Settings } from '../settings/table.js';
import type { ManifestTask } from '../task/manifest.js';
import { limitsOf, type TaskLimits } from './task-limits.js';
import { lateSettlings, type Settlings } from './ack-matrix.js';

export interface TaskPlan {
  readonly name: string;
  /** Replaced when they are changed while the worker runs (WORK-44). */
  limits: TaskLimits;
  /** Tokens a second; null without a limit (WORK-30, WORK-33). */
  readonly ratePerSecond: number | null;
  /** Runs of the task at a time in this worker; null without a limit. */
  readonly cap: ConcurrencyCap | null;
  readonly acksLate: boolean;
  readonly rejectsOnWorkerLost: boolean;
  /** The column of the acknowledgement matrix for late acknowledgement. */
  readonly settlings: Settlings;
  readonly ignoresResult: boolean;
  readonly storesErrorsEvenIfIgnored: boolean;
  readonly tracksStarted: boolean;
  /** Retries after the first run; null is unlimited. */
  readonly maxRetries: number | null;
}

/** @throws ConfigError for a rate that cannot be read. */
export function planTask(task: ManifestTask, settings: Settings): TaskPlan {
  const rateLimit = settings.workerDisableRateLimits ? null : (task.rateLimit ?? settings.taskDefaultRateLimit);
  const rejectsOnWorkerLost = task.rejectOnWorkerLost ?? settings.taskRejectOnWorkerLost;
  return {
    name: task.name,
    limits: limitsOf(task, settings),
    ratePerSecond: parseRateLimit(rateLimit),
    cap: task.concurrencyLimit === null ? null : { name: task.name, limit: task.concurrencyLimit },
    acksLate: task.acksLate ?? settings.taskAcksLate,
    rejectsOnWorkerLost,
    settlings: lateSettlings({
      acksOnFailure: task.acksOnFailure ?? settings.taskAcksOnFailure,
      acksOnTimeout: task.acksOnTimeout ?? settings.taskAcksOnTimeout,
      rejectsOnWorkerLost,
      dropsUnreadable: settings.workerOnDecodeError === 'ack',
    }),
    ignoresResult: task.ignoreResult ?? settings.taskIgnoreResult,
    storesErrorsEvenIfIgnored: task.storeErrorsEvenIfIgnored ?? settings.taskStoreErrorsEvenIfIgnored,
    tracksStarted: task.trackStarted ?? settings.taskTrackStarted,
    maxRetries: task.maxRetries,
  };
}
