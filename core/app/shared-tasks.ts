/**
 * Tasks of a library that belong to every app (APP-16): each app of this thread has them, created before or after. A
 * shared task is called through the current app.
 */
import type { RegisteredApp } from '../task/thread-runtime.js';

/** Registers a shared task at one app. */
export type SharedTask = (app: RegisteredApp) => void;

const key = Symbol.for('celeriac.shared-tasks');

/** One list a thread, also for two copies of the package. */
function sharedTasks(): SharedTask[] {
  const holder = globalThis as { [key]?: SharedTask[] };
  holder[key] ??= [];
  return holder[key];
}

/** Adds a task for all apps to come, and registers it at those that exist. */
export function shareTask(task: SharedTask, apps: readonly RegisteredApp[]): void {
  sharedTasks().push(task);
  for (const app of apps) task(app);
}

/** Registers what has been shared so far at a new app. */
export function registerSharedTasks(app: RegisteredApp): void {
  for (const task of sharedTasks()) task(app);
}
