/**
 * The time limits of one task on this worker, and their change while it runs (WORK-40, WORK-44). Never changed in place:
 * a request that was handed to the pool keeps those that it was handed over with. Host thread.
 */
import { ConfigError } from '../kernel/errors.js';
import type { Settings } from '../settings/table.js';

/** Seconds; null for none. */
export interface TaskLimits {
  readonly timeLimitSeconds: number | null;
  readonly softTimeLimitSeconds: number | null;
}

/** What is asked for, in Celery's words and seconds. Absent, null and 0 leave the setting's limit. */
export interface LimitChange {
  readonly hard?: number | null;
  readonly soft?: number | null;
}

/** Of a task and, where it has none, of the settings. */
export function limitsOf(task: TaskLimits, settings: Settings): TaskLimits {
  return {
    timeLimitSeconds: task.timeLimitSeconds ?? settings.taskTimeLimit,
    softTimeLimitSeconds: task.softTimeLimitSeconds ?? settings.taskSoftTimeLimit,
  };
}

/** @throws ConfigError for what is no time, and a soft limit above the hard one. */
export function changedLimits({ hard = null, soft = null }: LimitChange, settings: Settings): TaskLimits {
  checkSeconds('hard', hard);
  checkSeconds('soft', soft);
  const task = { timeLimitSeconds: hard === 0 ? null : hard, softTimeLimitSeconds: soft === 0 ? null : soft };
  if ((task.softTimeLimitSeconds ?? 0) > (task.timeLimitSeconds ?? Infinity)) {
    throw new ConfigError('the soft time limit must not be above the hard one (TASK-13)');
  }
  return limitsOf(task, settings);
}

function checkSeconds(name: string, value: unknown): void {
  if (value === null) return;
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
    throw new ConfigError(`the ${name} time limit must be a number of seconds from 0`);
  }
}
