/** How this worker treats the messages of one task: the task's own options, else the settings; computed once at start. */
import { parseRateLimit } from '../kernel/rate-limit.js';
import type { Settings } from '../settings/table.js';
import type { ManifestTask } from '../task/manifest.js';

export interface TaskPlan {
  readonly name: string;
  readonly timeLimitSeconds: number | null;
  readonly softTimeLimitSeconds: number | null;
  /** Tokens a second; null without a limit (WORK-30, WORK-33). */
  readonly ratePerSecond: number | null;
  readonly acksLate: boolean;
  readonly acksOnFailure: boolean;
  readonly acksOnTimeout: boolean;
  readonly rejectsOnWorkerLost: boolean;
  readonly ignoresResult: boolean;
  readonly storesErrorsEvenIfIgnored: boolean;
  readonly tracksStarted: boolean;
  /** Retries after the first run; null is unlimited. */
  readonly maxRetries: number | null;
}

/** @throws ConfigError for a rate that cannot be read. */
export function planTask(task: ManifestTask, settings: Settings): TaskPlan {
  const rateLimit = settings.workerDisableRateLimits ? null : (task.rateLimit ?? settings.taskDefaultRateLimit);
  return {
    name: task.name,
    timeLimitSeconds: task.timeLimitSeconds ?? settings.taskTimeLimit,
    softTimeLimitSeconds: task.softTimeLimitSeconds ?? settings.taskSoftTimeLimit,
    ratePerSecond: parseRateLimit(rateLimit),
    acksLate: task.acksLate ?? settings.taskAcksLate,
    acksOnFailure: task.acksOnFailure ?? settings.taskAcksOnFailure,
    acksOnTimeout: task.acksOnTimeout ?? settings.taskAcksOnTimeout,
    rejectsOnWorkerLost: task.rejectOnWorkerLost ?? settings.taskRejectOnWorkerLost,
    ignoresResult: task.ignoreResult ?? settings.taskIgnoreResult,
    storesErrorsEvenIfIgnored: task.storeErrorsEvenIfIgnored ?? settings.taskStoreErrorsEvenIfIgnored,
    tracksStarted: task.trackStarted ?? settings.taskTrackStarted,
    maxRetries: task.maxRetries,
  };
}
