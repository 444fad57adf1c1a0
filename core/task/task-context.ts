/** `ctx`: what a running task can ask about itself and do. One object a run, in the thread that runs the task. */
import { ConfigError, TerminatedError } from '../kernel/errors.js';
import type { Logger } from '../ports/logger.js';
import type { MemberJob } from '../ports/member-program.js';
import type { Publications } from './publications.js';
import { Retry, type RetryOptions } from './control-flow.js';
import { MessageRequest, type TaskRequest } from './task-request.js';

/** Stores an intermediate state, of the running task or of the one with that id. */
export type StateWriter = (state: string, meta: unknown, taskId: string | null) => Promise<void>;

/** The stored state of a task: null when there is none. */
export type StateReader = (taskId: string) => Promise<string | null>;

export interface TaskContextParts {
  readonly request: TaskRequest;
  readonly logger: Logger;
  /** The job that the pool runs; null when called directly. */
  readonly job: MemberJob | null;
  /** Signal of a call without a job. @defaultValue one that never aborts */
  readonly signal?: AbortSignal;
  /** null when called directly: what is published then is nobody's child. */
  readonly publications: Publications | null;
  readonly writeState: StateWriter;
  /** @defaultValue no state is known */
  readonly readState?: StateReader;
  /** Object of a class task, or the task object. @defaultValue null */
  readonly task?: object | null;
}

/** State that `abort()` of a result writes, and a task that looks finds (TASK-74). */
export const ABORTED = 'ABORTED';

export class TaskContext {
  readonly #request: TaskRequest;
  /** Writes to the log of the worker, with the task's id and name (TASK-76). */
  readonly logger: Logger;
  /** Object of the task class, of its `base`, or the task object itself: what all runs of this thread share (TASK-03). */
  readonly task: object | null;
  /** @internal */
  readonly job: MemberJob | null;
  /** @internal */
  readonly publications: Publications | null;
  readonly #writeState: StateWriter;
  readonly #readState: StateReader | null;
  #signal: AbortSignal | null;

  constructor(parts: TaskContextParts) {
    this.#request = parts.request;
    this.logger = parts.logger;
    this.task = parts.task ?? null;
    this.job = parts.job;
    this.publications = parts.publications;
    this.#writeState = parts.writeState;
    this.#readState = parts.readState ?? null;
    this.#signal = parts.signal ?? null;
  }

  get request(): TaskRequest {
    return this.#request instanceof MessageRequest ? this.#request.withAttributes() : this.#request;
  }

  /**
   * Aborts at the soft time limit, and when `isAborted` has found that somebody has aborted the result; poll
   * `signal.aborted` in a long synchronous loop.
   */
  get signal(): AbortSignal {
    // Made when asked for: an AbortSignal costs more than all else around a short task (5 of 20 µs).
    this.#signal ??= this.job?.signal ?? new AbortController().signal;
    return this.#signal;
  }

  /**
   * Runs the task again: `throw ctx.retry({ countdown: 5 })`. It throws by itself, so that nothing after it runs (MIS-22);
   * with `throw: false` it returns what the body then throws. When the retries are used up the task fails with `cause`,
   * or with `MaxRetriesExceeded`; in a task called as a function `cause` is thrown at once (RETRY-01..05).
   */
  retry(options: RetryOptions = {}): Retry {
    const retry = new Retry(options, { isEager: this.#request.isEager });
    if (this.#request.calledDirectly) throw retry.exc ?? retry;
    if (options.throw === false) return retry;
    throw retry;
  }

  /**
   * Stores a custom state (`PROGRESS`) and data about it, readable by `result.state()` and `result.info()` (TASK-64); of
   * another task with its `taskId`.
   */
  updateState(state: string, meta: unknown = null, options: { readonly taskId?: string } = {}): Promise<void> {
    const taskId = options.taskId ?? null;
    if (this.#request.id === null && taskId === null) {
      throw new ConfigError('updateState() needs a task run by a worker: this one was called as a function');
    }
    const written = this.#writeState(state, meta, taskId);
    // Progress that could not be stored is known to whoever awaits it; to others it must not end the member.
    written.catch(() => undefined);
    return written;
  }

  /**
   * Whether somebody has aborted this task through its result: ask now and then in a long task. Each call reads the
   * store, and nothing else does: `signal` aborts with the call that finds it (TASK-74).
   */
  async isAborted(): Promise<boolean> {
    const { id } = this.#request;
    if (id === null || this.#readState === null) return false;
    const isAborted = (await this.#readState(id)) === ABORTED;
    if (isAborted) this.job?.abort(new TerminatedError('the result of the task was aborted'));
    return isAborted;
  }

  /** Notes a task as a child of this one, as if it had been sent from here (TASK-09). */
  addTrail(taskId: string): void {
    this.publications?.addChild(taskId);
  }
}
