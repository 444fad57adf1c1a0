/**
 * Hooks around an app's modules and workers (APP-34, Celery's loader). All are optional; where one is missing, celeriac
 * does what it does without a loader.
 */

export interface AppLoader {
  /** Reads the configuration in place of the file beside the app. */
  readConfiguration?(): Readonly<Record<string, unknown>> | null;
  /** Imports a module of `imports`, `include` or `autodiscoverTasks`. */
  importModule?(specifier: string): Promise<unknown>;
  /** The present time, for `app.now()`. */
  now?(): Date;
  /** In the member, before a task runs and after it; awaited. */
  onTaskInit?(taskId: string, task: object): void | Promise<void>;
  onProcessCleanup?(): void | Promise<void>;
  /** On the host, when a worker of the app starts and when it ends; awaited. */
  onWorkerInit?(): void | Promise<void>;
  onWorkerShutdown?(): void | Promise<void>;
  /** In the member, when its modules are loaded; awaited. */
  onWorkerProcessInit?(): void | Promise<void>;
}
