/** How this worker treats the messages of one task: the task's own options, else the settings; computed once at start. */
import type { Settings } from '../settings/table.js';
import type { ManifestTask } from '../task/manifest.js';

export interface TaskPlan {
  readonly name: string;
  readonly timeLimitSeconds: number | null;
  readonly softTimeLimitSeconds: number | null;
  readonly acksLate: boolean;
  readonly acksOnFailure: boolean;
  readonly acksOnTimeout: boolean;
  readonly rejectsOnWorkerLost: boolean;
  readonly ignoresResult: boolean;
  readonly tracksStarted: boolean;
}

export function planTask(task: ManifestTask, settings: Settings): TaskPlan {
  return {
    name: task.name,
    timeLimitSeconds: task.timeLimitSeconds ?? settings.taskTimeLimit,
    softTimeLimitSeconds: task.softTimeLimitSeconds ?? settings.taskSoftTimeLimit,
    acksLate: task.acksLate ?? settings.taskAcksLate,
    acksOnFailure: task.acksOnFailure ?? settings.taskAcksOnFailure,
    acksOnTimeout: task.acksOnTimeout ?? settings.taskAcksOnTimeout,
    rejectsOnWorkerLost: task.rejectOnWorkerLost ?? settings.taskRejectOnWorkerLost,
    ignoresResult: task.ignoreResult ?? settings.taskIgnoreResult,
    tracksStarted: task.trackStarted ?? settings.taskTrackStarted,
  };
}
