/** A task as its author and callers hold it: a callable function with ways to send it. */
import { type Signature, type SignatureParts } from '../canvas/signature.js';
import { silentLogger } from '../ports/logger.js';
import { currentTask } from '../task/current-task.js';
import { TaskContext } from '../task/task-context.js';
import type { TaskDefinition } from '../task/task-registry.js';
import { callChecked } from '../task/schema-check.js';
import { directRequest } from '../task/plain-request.js';
import type { AsyncResult } from './async-result.js';
import type { ApplyOptions } from './call-options.js';
import { DelayMany, type DelayManyOptions, type ManyCalls } from './delay-many.js';
import type { EagerResult } from './eager-result.js';

type Sent<R> = AsyncResult<Awaited<R>>;

export interface EagerOptions {
  /** Reject with the task's error, instead of a result that has it. @defaultValue setting `taskEagerPropagates` */
  readonly throw?: boolean;
}

/** `A` are the parameters (without the context), `R` what the function returns. */
export interface Task<A extends readonly unknown[], R> {
  /** Runs the function here and now; nothing is sent (CALL-36). */
  (...args: A): R;
  readonly taskName: string;
  /** Sends the task; resolves when the broker has confirmed the message. */
  delay(...args: A): Promise<Sent<R>>;
  /** `delay` with options. */
  applyAsync(options?: ApplyOptions<A>): Promise<Sent<R>>;
  /** Sends many calls, a batch and one confirm at a time: await it, or iterate over the outcomes. */
  delayMany(calls: ManyCalls<A>, options?: DelayManyOptions): DelayMany<A, Awaited<R>>;
  /** Runs it here as a worker would, sends nothing, and resolves with how it ended (CALL-33). */
  apply(options?: ApplyOptions<A> & EagerOptions): Promise<EagerResult<Awaited<R>>>;
  /** A call to be made later: for `link`, `linkError`, or to be sent as it is. */
  signature(parts?: SignatureParts): Signature<Sent<R>>;
  /** A signature with these first arguments. */
  s(...args: readonly unknown[]): Signature<Sent<R>>;
  /** The same, taking no result of the task before it. */
  si(...args: readonly unknown[]): Signature<Sent<R>>;
}

/** The task that a class makes: called with the parameters of its `run`. */
export type TaskOfClass<T> = T extends { run(...args: infer A): infer R } ? Task<A, R> : never;

/** How a task's calls leave it. */
export interface TaskCalls {
  send(options: ApplyOptions<readonly unknown[]>): Promise<AsyncResult>;
  apply(options: ApplyOptions<readonly unknown[]> & EagerOptions): Promise<EagerResult>;
  signature(parts: SignatureParts): Signature<AsyncResult>;
}

export function createTask<A extends readonly unknown[], R>(definition: TaskDefinition, calls: TaskCalls): Task<A, R> {
  const callable = (...args: A): R => {
    const run = definition.run as (...args: readonly unknown[]) => R;
    const call = (given: readonly unknown[]): R =>
      definition.options.bind ? run(directContext(definition.name, given), ...given) : run(...given);
    return definition.options.schema === null ? call(args) : (callChecked(definition, args, call) as R);
  };
  const send = (options: ApplyOptions<readonly unknown[]>): Promise<Sent<R>> => calls.send(options) as Promise<Sent<R>>;
  const methods: Omit<Task<A, R>, never> = {
    taskName: definition.name,
    delay: (...args: A) => send({ args }),
    applyAsync: (options: ApplyOptions<A> = {}) => send(options),
    delayMany: (items, options = {}) => new DelayMany<A, Awaited<R>>(items, send, options),
    apply: (options = {}) => calls.apply(options) as Promise<EagerResult<Awaited<R>>>,
    signature: (parts = {}) => calls.signature(parts) as Signature<Sent<R>>,
    s: (...args) => calls.signature({ args }) as Signature<Sent<R>>,
    si: (...args) => calls.signature({ args, immutable: true }) as Signature<Sent<R>>,
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
