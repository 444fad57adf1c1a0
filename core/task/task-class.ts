/**
 * A task as a class (TASK-03, 73): `class Resize extends app.Task { run(path: string) {…} }`. One object is made when the
 * class is registered, so once in each thread, and all runs share it; what belongs to one run is `this.ctx`. Options and
 * hooks are inherited. `core/app` binds it to an app (`app.Task`, `app.registerTask`).
 */
import { ConfigError } from '../kernel/errors.js';
import type { Logger } from '../ports/logger.js';
import type { Retry, RetryOptions } from './control-flow.js';
import { currentTask } from './current-task.js';
import type { ExceptionInfo } from './signal-catalogue.js';
import type { TaskContext } from './task-context.js';
import type { TaskOptions } from './task-options.js';
import type { TaskRequest } from './task-request.js';

type Args = readonly unknown[];
type Kwargs = Readonly<Record<string, unknown>>;

export abstract class TaskClass {
  /** Wire name of the task. @defaultValue as for functions, made of the app's name and the class's */
  static readonly taskName?: string;
  /** Options, written with their type (`static override readonly options: TaskOptions`); those of base classes stand below. */
  static readonly options?: TaskOptions;
  /** A class that others inherit from and that is no task itself (TASK-28); not inherited. */
  static readonly abstract?: boolean;

  abstract run(...args: never[]): unknown;

  /** Hooks, as `TaskHooks` describes them; those that a class does not have cost nothing. */
  beforeStart?(taskId: string, args: Args, kwargs: Kwargs): unknown;
  onSuccess?(retval: unknown, taskId: string, args: Args, kwargs: Kwargs): unknown;
  onFailure?(error: unknown, taskId: string, args: Args, kwargs: Kwargs, einfo: ExceptionInfo): unknown;
  onRetry?(error: unknown, taskId: string, args: Args, kwargs: Kwargs, einfo: ExceptionInfo): unknown;
  afterReturn?(status: string, retval: unknown, taskId: string, args: Args, kwargs: Kwargs, einfo: null): unknown;

  /** Context of the run. @throws ConfigError outside of one */
  get ctx(): TaskContext {
    const context = currentTask();
    if (context === null)
      throw new ConfigError(`${this.constructor.name}.ctx is there while the task runs, not before`);
    return context;
  }

  get request(): TaskRequest {
    return this.ctx.request;
  }

  get logger(): Logger {
    return this.ctx.logger;
  }

  /** As `ctx.retry()`. */
  retry(options: RetryOptions = {}): Retry {
    return this.ctx.retry(options);
  }

  /** As `ctx.updateState()`. */
  updateState(state: string, meta: unknown = null): Promise<void> {
    return this.ctx.updateState(state, meta);
  }
}
