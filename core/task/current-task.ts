/** The task that runs now, carried over awaits by AsyncLocalStorage (NM-03). Member thread, or wherever a task is called. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { TaskContext } from './task-context.js';

const storage = new AsyncLocalStorage<TaskContext>();

/** The context of the task around the caller; null outside of one. */
export function currentTask(): TaskContext | null {
  return storage.getStore() ?? null;
}

/** Makes `context` the current task of what runs now: an interrupt (`MemberJob.guarded`) has left that open. */
export function enterAsCurrent(context: TaskContext): void {
  storage.enterWith(context);
}

/** Calls `body` with `context` as the current task. */
export function runAsCurrent<T>(context: TaskContext, body: () => T): T {
  return storage.run(context, body);
}
