/** One call on its way to a message: what was asked for, and where it goes. */
import { ConfigError } from '../kernel/errors.js';
import { asTaskId, type TaskId } from '../kernel/ids.js';
import type { ResolvedTaskOptions } from '../task/task-options.js';
import type { CallOptions } from './call-options.js';
import type { Target } from './router.js';

export interface TaskCall {
  readonly task: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly options: CallOptions;
  /** Options of the registered task; null for a task known by name only. */
  readonly definition: ResolvedTaskOptions | null;
}

/** Who calls: the task around the call. */
export interface Parentage {
  readonly id: TaskId;
  readonly rootId: string | null;
  readonly parentId: string | null;
  /** Priority of the parent's message, where it is inherited; else null (ROUTE-20). */
  readonly priority: number | null;
}

/** A call whose routes have been looked up; `options` are the call's above the task's above the route's (CALL-32). */
export interface RoutedCall extends TaskCall {
  readonly target: Target;
}

const TASK_ID = /^[A-Za-z0-9_.:-]{1,155}$/;

/** Checks an id that a caller gives (reliability §5.6). @throws ConfigError */
export function checkTaskId(id: string): TaskId {
  if (!TASK_ID.test(id)) {
    throw new ConfigError('taskId must have 1 to 155 characters of A-Z, a-z, 0-9, "_", ".", ":" and "-"');
  }
  return asTaskId(id);
}
