/**
 * The hooks of a loader that are moments of a worker or a run (APP-34): each is carried by the signal of its moment, so
 * an app whose loader has none of them costs nothing. Called once, when an app is created, in every thread that loads it;
 * only the moments of that thread come. Several apps may share a thread: each hears of its own worker and tasks alone.
 */
import type { Signal } from '../kernel/signal.js';
import { signals } from '../task/signal-table.js';
import type { TaskRegistry } from '../task/task-registry.js';
import type { AppLoader } from './app-loader.js';

interface LoadedApp {
  readonly tasks: TaskRegistry;
}

export function connectLoader(loader: AppLoader, app: LoadedApp): void {
  ofWorker(signals.workerInit, app, loader.onWorkerInit?.bind(loader));
  ofWorker(signals.workerShutdown, app, loader.onWorkerShutdown?.bind(loader));
  const { taskPrerun, taskPostrun, workerProcessInit } = signals;
  if (loader.onWorkerProcessInit !== undefined) workerProcessInit.connect(() => loader.onWorkerProcessInit?.());
  if (loader.onTaskInit !== undefined) {
    taskPrerun.connect(({ taskId, task }) => (isTaskOf(app, task) ? loader.onTaskInit?.(taskId, task) : undefined));
  }
  if (loader.onProcessCleanup !== undefined) {
    taskPostrun.connect(({ task }) => (isTaskOf(app, task) ? loader.onProcessCleanup?.() : undefined));
  }
}

function ofWorker(signal: Signal<object, object>, app: LoadedApp, hook: (() => unknown) | undefined): void {
  if (hook !== undefined) signal.connect(({ sender }) => (Reflect.get(sender, 'app') === app ? hook() : undefined));
}

function isTaskOf({ tasks }: LoadedApp, task: { readonly taskName: string }): boolean {
  return tasks.find(task.taskName)?.task === task;
}
