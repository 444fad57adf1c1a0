/**
 * What a task may do around its run (TASK-50..56), given as options or as methods of a task class. Hooks run in the
 * member, in the context of the run, and are awaited; `trace` calls them in Celery's order. An error in one of them is an
 * internal error (TASK-57).
 */
import type { ExceptionInfo } from './signal-catalogue.js';

type Args = readonly unknown[];
type Kwargs = Readonly<Record<string, unknown>>;

/** Parameters as Celery's. What a hook returns is awaited and dropped. */
export interface TaskHooks {
  /** Before the body; what it throws fails the task. */
  beforeStart?(taskId: string, args: Args, kwargs: Kwargs): unknown;
  /** After the result was stored. */
  onSuccess?(retval: unknown, taskId: string, args: Args, kwargs: Kwargs): unknown;
  /** After the failure was stored. */
  onFailure?(error: unknown, taskId: string, args: Args, kwargs: Kwargs, einfo: ExceptionInfo): unknown;
  /** After the message of the retry was published and the state RETRY stored. */
  onRetry?(error: unknown, taskId: string, args: Args, kwargs: Kwargs, einfo: ExceptionInfo): unknown;
  /** Last, after a success or a failure; not after a retry, `Ignore` or `Reject` (MIS-42). `einfo` is always null. */
  afterReturn?(status: string, retval: unknown, taskId: string, args: Args, kwargs: Kwargs, einfo: null): unknown;
}

export const HOOK_NAMES = ['beforeStart', 'onSuccess', 'onFailure', 'onRetry', 'afterReturn'] as const;
