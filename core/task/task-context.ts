/** `ctx`: what a running task can ask about itself and do. One object a run, in the thread that runs the task. */
import { ConfigError } from '../kernel/errors.js';
import type { Logger } from '../ports/logger.js';
import type { MemberJob } from '../ports/member-program.js';
import type { Publications } from './publications.js';
import { Retry, type RetryOptions } from './control-flow.js';
import type { TaskRequest } from './task-request.js';

/** Stores an intermediate state of the task. */
export type StateWriter = (state: string, meta: unknown) => Promise<void>;

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
}

export class TaskContext {
  readonly request: TaskRequest;
  /** Writes to the log of the worker, with the task's id and name. */
  readonly logger: Logger;
  /** @internal */
  readonly job: MemberJob | null;
  /** @internal */
  readonly publications: Publications | null;
  readonly #writeState: StateWriter;
  #signal: AbortSignal | null;

  constructor(parts: TaskContextParts) {
    this.request = parts.request;
    this.logger = parts.logger;
    this.job = parts.job;
    this.publications = parts.publications;
    this.#writeState = parts.writeState;
    this.#signal = parts.signal ?? null;
  }

  /** Aborts at the soft time limit; poll `signal.aborted` in a long synchronous loop. */
  get signal(): AbortSignal {
    // Made when asked for: an AbortSignal costs more than all else around a short task (5 of 20 µs).
    this.#signal ??= this.job?.signal ?? new AbortController().signal;
    return this.#signal;
  }

  /**
   * What the body throws to run again: `throw ctx.retry({ countdown: 5 })`. When the retries are used up the task fails
   * with `cause`, or with `MaxRetriesExceeded` (RETRY-01..05).
   */
  retry(options: RetryOptions = {}): Retry {
    return new Retry(options);
  }

  /** Stores a custom state (`PROGRESS`) and data about it, readable by `result.state()` and `result.info()` (TASK-64). */
  updateState(state: string, meta: unknown = null): Promise<void> {
    if (this.request.id === null) {
      throw new ConfigError('updateState() needs a task run by a worker: this one was called as a function');
    }
    const written = this.#writeState(state, meta);
    // Progress that could not be stored is known to whoever awaits it; to others it must not end the member.
    written.catch(() => undefined);
    return written;
  }
}
