/**
 * Every error that celeriac throws on purpose, named by what the catcher should do.
 *
 *     CeleriacError             code 'CLR_…', cause
 *     ├ ConfigError             wrong use or settings             → fail at start; never retried
 *     │ ├ AlreadyRegistered     two tasks under one name
 *     │ ├ QueueNotFound         no such queue, and none is made
 *     │ └ SecurityError         a signature or certificate does not hold
 *     ├ ProtocolError           bytes or message we cannot read   → dead-letter, log once
 *     ├ TransportError          the broker refused or is gone
 *     │ ├ ChannelError          reopen the channel
 *     │ └ ConnectionLostError   reconnect with backoff
 *     ├ BackendError            store or read failed; `isRetryable`
 *     │ ├ BackendStoreError     … and all tries of `resultBackendAlwaysRetry` are used up
 *     │ └ BackendGetMetaError   the same of a read
 *     ├ PoolError
 *     │ ├ WorkerLostError       the member that ran the task is gone
 *     │ ├ TimeLimitExceeded     hard limit
 *     │ ├ SoftTimeLimitExceeded soft limit, thrown inside the task
 *     │ └ TerminatedError       the pool or the caller ended the task
 *     ├ TaskError
 *     │ ├ NotRegistered
 *     │ ├ InvalidTaskError      arguments or result do not fit the task; `issues`
 *     │ ├ RemoteTaskError       a task failed with an error that this process has no class for
 *     │ ├ MaxRetriesExceeded
 *     │ ├ TaskRevoked
 *     │ ├ IncompleteStream      a walk over the results of a tree has met one that is not ready
 *     │ └ ChordError
 *     ├ TimeoutError            a deadline of the caller passed
 *     └ InvariantError          our bug: stop the node, print state
 *
 * This file imports nothing, not even a type. Compare `code` or class, never a message.
 */

/** Brand that survives two copies of the package in one process. */
const brand: unique symbol = Symbol.for('celeriac.error') as never;

export interface CeleriacErrorOptions {
  /** Stable code; overrides the code of the class. */
  readonly code?: string;
  readonly cause?: unknown;
}

export class CeleriacError extends Error {
  static readonly code: string = 'CLR_ERROR';
  readonly code: string;
  readonly [brand] = true;

  constructor(message: string, options: CeleriacErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = options.code ?? new.target.code;
  }
}

/** True for an error of any copy of celeriac in this process. */
export function isCeleriacError(value: unknown): value is CeleriacError {
  return value instanceof Error && brand in value;
}

/** Wrong use or wrong settings: fails at start and is never retried. */
export class ConfigError extends CeleriacError {
  static override readonly code: string = 'CLR_CONFIG';
}

/** A name stands for two tasks. */
export class AlreadyRegistered extends ConfigError {
  static override readonly code = 'CLR_ALREADY_REGISTERED';
}

/** A queue is not among those of the settings, and `taskCreateMissingQueues` is off. */
export class QueueNotFound extends ConfigError {
  static override readonly code = 'CLR_QUEUE_NOT_FOUND';
}

/** A signature or certificate does not hold. */
export class SecurityError extends ConfigError {
  static override readonly code = 'CLR_SECURITY';
}

/** What is wrong with a message, for counters and dead letters (reliability.md §3.4). Never renamed. */
export type ProtocolReason =
  | 'malformed'
  | 'malformed-body'
  | 'malformed-header'
  | 'bad-id'
  | 'bad-time'
  | 'bad-number'
  | 'bad-text'
  | 'bad-typed-value'
  | 'unknown-type'
  | 'undecodable'
  | 'unknown-message'
  | 'unknown-compression'
  | 'bad-compression'
  | 'content-disallowed'
  | 'not-encodable'
  | 'too-large'
  | 'too-deep'
  | 'too-many-values'
  | 'too-long-string'
  | 'too-many-headers'
  | 'too-large-headers'
  | 'too-many-signatures';

/** Bytes or a message that cannot be read: the message is dead-lettered. `reason` says what is wrong, for machines. */
export class ProtocolError extends CeleriacError {
  static override readonly code: string = 'CLR_PROTOCOL';
  static readonly reason: ProtocolReason = 'malformed';
  readonly reason: ProtocolReason;

  constructor(message: string, options: CeleriacErrorOptions & { readonly reason?: ProtocolReason } = {}) {
    super(message, options);
    this.reason = options.reason ?? new.target.reason;
  }
}

/** The content type of a message is not in `acceptContent`; nothing was decoded (WIRE-29). */
export class ContentDisallowed extends ProtocolError {
  static override readonly code = 'CLR_CONTENT_DISALLOWED';
  static override readonly reason = 'content-disallowed';
}

/** A value that the serializer cannot carry. */
export class EncodeError extends ProtocolError {
  static override readonly code = 'CLR_ENCODE';
  static override readonly reason = 'not-encodable';
}

/** The broker refused an operation or cannot be reached. */
export class TransportError extends CeleriacError {
  static override readonly code: string = 'CLR_TRANSPORT';
}

/** A channel-level failure: reopen the channel. */
export class ChannelError extends TransportError {
  static override readonly code = 'CLR_CHANNEL';
}

/** The connection is gone: reconnect with backoff. */
export class ConnectionLostError extends TransportError {
  static override readonly code = 'CLR_CONNECTION_LOST';
}

/** The result store failed. */
export class BackendError extends CeleriacError {
  static override readonly code: string = 'CLR_BACKEND';
  /** Whether trying the same operation again can succeed. */
  readonly isRetryable: boolean;

  constructor(message: string, options: CeleriacErrorOptions & { readonly isRetryable?: boolean } = {}) {
    super(message, options);
    this.isRetryable = options.isRetryable ?? true;
  }
}

/** Storing a result failed on every try that the settings allow (BKE-27). */
export class BackendStoreError extends BackendError {
  static override readonly code = 'CLR_BACKEND_STORE';
}

/** Reading a result failed on every try that the settings allow (BKE-27). */
export class BackendGetMetaError extends BackendError {
  static override readonly code = 'CLR_BACKEND_GET_META';
}

export class PoolError extends CeleriacError {
  static override readonly code: string = 'CLR_POOL';
}

/** The member that ran the task ended without an outcome (Celery's `WorkerLostError`). */
export class WorkerLostError extends PoolError {
  static override readonly code = 'CLR_WORKER_LOST';
}

/** The hard time limit passed; the member was replaced. `limitSeconds` is the limit. */
export class TimeLimitExceeded extends PoolError {
  static override readonly code = 'CLR_TIME_LIMIT';
  readonly limitSeconds: number;

  constructor(limitSeconds: number, options: CeleriacErrorOptions = {}) {
    super(`hard time limit of ${String(limitSeconds)} s exceeded`, options);
    this.limitSeconds = limitSeconds;
  }
}

/** The soft time limit passed: reason of the task's abort signal. `limitSeconds` is the limit. */
export class SoftTimeLimitExceeded extends PoolError {
  static override readonly code = 'CLR_SOFT_TIME_LIMIT';
  readonly limitSeconds: number;

  constructor(limitSeconds: number, options: CeleriacErrorOptions = {}) {
    super(`soft time limit of ${String(limitSeconds)} s exceeded`, options);
    this.limitSeconds = limitSeconds;
  }
}

/** The task was ended by the caller or by the end of the pool. */
export class TerminatedError extends PoolError {
  static override readonly code = 'CLR_TERMINATED';
}

export class TaskError extends CeleriacError {
  static override readonly code: string = 'CLR_TASK';
}

/** No task of this name is registered. `taskName` is the name. */
export class NotRegistered extends TaskError {
  static override readonly code = 'CLR_NOT_REGISTERED';
  readonly taskName: string;

  constructor(taskName: string, options: CeleriacErrorOptions = {}) {
    super(`task "${taskName}" is not registered`, options);
    this.taskName = taskName;
  }
}

/** Arguments or result do not fit the schema of the task (TASK-26). */
export class InvalidTaskError extends TaskError {
  static override readonly code = 'CLR_INVALID_TASK';
  /** What does not fit, and where. */
  readonly issues: readonly { readonly message: string; readonly path: readonly string[] }[];

  constructor(message: string, options: CeleriacErrorOptions & Partial<Pick<InvalidTaskError, 'issues'>> = {}) {
    super(message, options);
    this.issues = options.issues ?? [];
  }
}

/** A failed task whose error class this process does not know: type, message and stack as they came. */
export class RemoteTaskError extends TaskError {
  static override readonly code = 'CLR_REMOTE_TASK';
  /** Class name at the other side, for example `ValueError`. */
  readonly type: string;
  /** Module at the other side, for example `builtins`; null when unknown. */
  readonly module: string | null;
  /** Stack or Python traceback at the other side; null when it was not stored. */
  readonly remoteStack: string | null;
  /** Arguments of the exception at the other side, as data. */
  readonly args: readonly unknown[];

  constructor(
    message: string,
    options: CeleriacErrorOptions & {
      readonly type: string;
      readonly module: string | null;
      readonly remoteStack: string | null;
      /** @defaultValue the message alone */
      readonly args?: readonly unknown[];
    },
  ) {
    super(message, options);
    this.type = options.type;
    this.module = options.module;
    this.remoteStack = options.remoteStack;
    this.args = options.args ?? [message];
  }
}

/** A task used up its retries. */
export class MaxRetriesExceeded extends TaskError {
  static override readonly code = 'CLR_MAX_RETRIES';
}

/** The task was revoked or had expired before it could run. `reason` as on the wire. */
export class TaskRevoked extends TaskError {
  static override readonly code = 'CLR_TASK_REVOKED';
  readonly reason: string;

  constructor(reason: string, options: CeleriacErrorOptions = {}) {
    super(reason, options);
    this.reason = reason;
  }
}

/** A walk over the results that a task has led to met one that is not ready yet (RES-10). */
export class IncompleteStream extends TaskError {
  static override readonly code = 'CLR_INCOMPLETE_STREAM';
}

/** A member of a chord's header failed. */
export class ChordError extends TaskError {
  static override readonly code = 'CLR_CHORD';
}

/** A deadline that the caller gave has passed. */
export class TimeoutError extends CeleriacError {
  static override readonly code = 'CLR_TIMEOUT';
}

/** A state that our own code must never reach. */
export class InvariantError extends CeleriacError {
  static override readonly code = 'CLR_BUG_INVARIANT';
}
