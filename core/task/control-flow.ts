/** What user code throws to steer its own task; `trace.ts` turns each into an outcome. They are not errors of celeriac. */

/** The task ends without a stored state (TASK-75). */
export class Ignore extends Error {
  override readonly name = 'Ignore';
}

/** The message is refused: dead-lettered, or delivered again with `requeue` (ACK-05; only with late acknowledgement). */
export class Reject extends Error {
  override readonly name = 'Reject';
  readonly requeue: boolean;

  constructor(reason: string, options: { readonly requeue?: boolean } = {}) {
    super(reason);
    this.requeue = options.requeue ?? false;
  }
}

export interface RetryOptions {
  /** Seconds until the next run; 0 is at once. @defaultValue the task's `defaultRetryDelay` */
  readonly countdown?: number;
  /** The error that made it necessary: stored with the state RETRY, and thrown when retries are used up. */
  readonly cause?: Error;
  /** Overrides the task's `maxRetries`; null is unlimited. */
  readonly maxRetries?: number | null;
}

/** The task runs again: made by `ctx.retry()`, thrown by the body (RETRY-01). */
export class Retry extends Error {
  override readonly name = 'Retry';
  readonly options: RetryOptions;

  constructor(options: RetryOptions) {
    super('task will be retried', options.cause === undefined ? undefined : { cause: options.cause });
    this.options = options;
  }
}
