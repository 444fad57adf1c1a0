/**
 * Whether a running task may wait for another's result (RES-06): the wait holds its slot, and when all slots wait for
 * tasks that have none to run in, nothing moves. Member thread; outside of a task everything may wait.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { ConfigError } from '../kernel/errors.js';
import { currentTask } from './current-task.js';

const storage = new AsyncLocalStorage<true>();

/** Runs `body`, which may wait for results inside a task, also after its awaits (Celery's `allow_join_result`). */
export function allowJoinResult<T>(body: () => T): T {
  return storage.run(true, body);
}

/** @throws ConfigError inside of a task that a worker runs, unless `allowJoinResult` is around. */
export function refuseJoinInTask(what: string): void {
  if (currentTask()?.job == null || storage.getStore() === true) return;
  throw new ConfigError(
    `never wait for ${what} inside a task: it can block the workers for ever; use a chain, group or chord, ` +
      'or say that it is safe with { disableSyncSubtasks: false } or allowJoinResult()',
  );
}
