/** Package functions for code that has no app of its own: `sharedTask` and `currentApp` (APP-01, APP-16). */
import { ConfigError } from '../kernel/errors.js';
import type { TaskOptions } from '../task/task-options.js';
import { threadRuntime, type RegisteredApp } from '../task/thread-runtime.js';
import type { Celeriac } from './celeriac.js';
import { findCurrentApp } from './current-app.js';
import { isApp } from './find-app.js';
import { shareTask } from './shared-tasks.js';
import { createTask, type Task } from './task.js';
import { defineTask } from '../task/task-definition.js';

/** The app around the caller, or the default one. @throws ConfigError when no app has been created */
export function currentApp(): Celeriac {
  const app = findCurrentApp();
  if (!isApp(app)) throw new ConfigError('there is no app yet: create one with new Celeriac(…)');
  return app;
}

/** A task of every app of this thread, created before or after; its calls go through the current one. */
export function sharedTask<A extends readonly unknown[], R>(
  name: string,
  optionsOrRun: TaskOptions | ((...args: A) => R),
  run?: (...args: A) => R,
): Task<A, R> {
  const [options, body] = typeof optionsOrRun === 'function' ? [{}, optionsOrRun] : [optionsOrRun, run];
  if (typeof body !== 'function') throw new ConfigError(`shared task "${name}" needs a function`);
  const plain = body as (...args: never[]) => unknown;
  const own = new WeakMap<RegisteredApp, Task<A, R>>();
  const taskAt = (app: Celeriac): Task<A, R> => {
    const known = own.get(app);
    if (known !== undefined) return known;
    const task = app.task(name, options as TaskOptions & { readonly bind?: false }, body);
    own.set(app, task);
    return task;
  };
  shareTask((app) => {
    if (isApp(app)) taskAt(app);
  }, threadRuntime().apps);
  return createTask<A, R>(defineTask(name, plain, { options }), {
    send: (call) => taskAt(currentApp()).applyAsync(call as never),
    apply: (call) => taskAt(currentApp()).apply(call as never),
    signature: (parts) => taskAt(currentApp()).signature(parts),
  });
}
