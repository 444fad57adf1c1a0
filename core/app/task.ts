/** A task as its author and callers hold it: a callable function with ways to send it. */
import { currentTask } from '../task/current-task.js';
import { TaskContext } from '../task/task-context.js';
import { directRequest } from '../task/task-request.js';
import { silentLogger } from '../ports/logger.js';
import type { TaskDefinition } from '../task/task-registry.js';
import type { ApplyOptions } from './call-options.js';
import type { AsyncResult } from './async-result.js';

/** `A` are the parameters (without the context), `R` what the function returns. */
export interface Task<A extends readonly unknown[], R> {
  /** Runs the function here and now; nothing is sent (CALL-36). */
  (...args: A): R;
  readonly taskName: string;
  /** Sends the task; resolves when the broker has confirmed the message. */
  delay(...args: A): Promise<AsyncResult<Awaited<R>>>;
  /** `delay` with options. */
  applyAsync(options?: ApplyOptions<A>): Promise<AsyncResult<Awaited<R>>>;
}

/** Sends a call of one task. */
export type SendCall = (options: ApplyOptions<readonly unknown[]>) => Promise<AsyncResult>;

export function createTask<A extends readonly unknown[], R>(definition: TaskDefinition, send: SendCall): Task<A, R> {
  const callable = (...args: A): R => {
    const run = definition.run as (...args: readonly unknown[]) => R;
    return definition.options.bind ? run(directContext(definition.name, args), ...args) : run(...args);
  };
  const methods: Omit<Task<A, R>, never> = {
    taskName: definition.name,
    delay: (...args: A) => send({ args }) as Promise<AsyncResult<Awaited<R>>>,
    applyAsync: (options: ApplyOptions<A> = {}) => send(options) as Promise<AsyncResult<Awaited<R>>>,
  };
  return Object.assign(callable, methods);
}

/** Context of a plain call: inside a task it shares that task's signal and log. */
function directContext(name: string, args: readonly unknown[]): TaskContext {
  const around = currentTask();
  return new TaskContext({
    request: directRequest(name, args),
    logger: around?.logger ?? silentLogger,
    job: around?.job ?? null,
    publications: null,
    writeState: () => Promise.resolve(),
  });
}
