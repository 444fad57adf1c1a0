/** What user code throws to steer its own task; `trace.ts` turns each into an outcome. They are not errors of celeriac. */

/** The common class of these, as in Celery: what a broad `catch` should pass on. */
export abstract class TaskPredicate extends Error {}

/** The task ends without a stored state (TASK-75). */
export class Ignore extends TaskPredicate {
  override readonly name = 'Ignore';
}

/** The message is refused: dead-lettered, or delivered again with `requeue` (ACK-05; only with late acknowledgement). */
export class Reject extends TaskPredicate {
  override readonly name = 'Reject';
  readonly requeue: boolean;

  constructor(reason = '', options: { readonly requeue?: boolean } = {}) {
    super(reason);
    this.requeue = options.requeue ?? false;
  }
}

/** How the next run differs from this one; what is not given stays as it is (RETRY-06). */
export interface RetryMessageOptions {
  readonly args?: readonly unknown[];
  readonly kwargs?: Readonly<Record<string, unknown>>;
  readonly queue?: string;
  readonly exchange?: string;
  readonly routingKey?: string;
  readonly priority?: number;
  /** Seconds from now, or the instant, after which the next run is dropped as revoked. */
  readonly expires?: number | Date;
  /** Seconds. */
  readonly timeLimit?: number;
  readonly softTimeLimit?: number;
  /** Beside those that the message has. */
  readonly headers?: Readonly<Record<string, string | number | boolean | null>>;
  readonly shadow?: string;
  readonly serializer?: string;
  readonly compression?: string;
  readonly ignoreResult?: boolean;
}

export interface RetryOptions extends RetryMessageOptions {
  /** Seconds until the next run; 0 is at once. @defaultValue the task's `defaultRetryDelay` */
  readonly countdown?: number;
  /** Instant of the next run; stands above `countdown`. */
  readonly eta?: Date;
  /** The error that made it necessary: stored with the state RETRY, and thrown when retries are used up. */
  readonly cause?: Error;
  /** Celery's name for `cause`. */
  readonly exc?: Error;
  /** Overrides the task's `maxRetries`; null and undefined leave it (MIS-21). */
  readonly maxRetries?: number | null;
  /** `ctx.retry()` throws; with false it returns what the body then throws (RETRY-01). @defaultValue true */
  readonly throw?: boolean;
}

/** The task runs again: made by `ctx.retry()`, thrown by the body (RETRY-01). */
export class Retry extends TaskPredicate {
  override readonly name = 'Retry';
  readonly options: RetryOptions;
  /** When the task runs again: an instant, seconds from now, or null for the task's own delay (RETRY-09). */
  readonly when: Date | number | null;
  /** Whether the run was an eager one, whose retry runs at once (RETRY-08). */
  readonly isEager: boolean;

  constructor(options: RetryOptions, { isEager = false }: { readonly isEager?: boolean } = {}) {
    const cause = options.cause ?? options.exc;
    const when = options.eta ?? options.countdown ?? null;
    super(retryText(when, cause), cause === undefined ? undefined : { cause });
    this.options = cause === undefined ? options : { ...options, cause };
    this.when = when;
    this.isEager = isEager;
  }

  /** The error that made it necessary, by Celery's name; null when there was none. */
  get exc(): Error | null {
    return this.options.cause ?? null;
  }
}

function retryText(when: Date | number | null, cause: Error | undefined): string {
  const time =
    when === null
      ? ''
      : when instanceof Date
        ? ` at ${Number.isNaN(when.getTime()) ? 'no time' : when.toISOString()}`
        : ` in ${String(when)}s`;
  return `Retry${time}${cause === undefined ? '' : `: ${cause.name}: ${cause.message}`}`;
}
