/**
 * Options of a task: what a user writes in `app.task(name, options, fn)`, in a task class or in `taskAnnotations`. Names
 * and units are Celery's in camelCase; Celery's own spelling (`acks_late`) is read too. `resolve-task-options.ts` checks
 * them once and makes the complete form that everybody else reads.
 */
import type { StandardSchema } from './standard-schema.js';
import type { TaskHooks } from './task-hooks.js';

/** A class of errors, matched with `instanceof`. */
export type ErrorClass = abstract new (...args: never[]) => Error;

/** A class of errors, or the name of one. */
export type ErrorMatch = ErrorClass | string;

/** How automatic retries differ from what the task says (RETRY-23). */
export interface RetryKwargs {
  readonly maxRetries?: number | null;
  /** Seconds; only without `retryBackoff`. */
  readonly countdown?: number;
}

/** Validators of what goes in and comes out: Celery's pydantic mode with any Standard-Schema library (TASK-26). */
export interface TaskSchema {
  /** The list of arguments, with keyword arguments at their `params`; the task gets what it returns. */
  readonly args?: StandardSchema<unknown, readonly unknown[]>;
  /** The keyword arguments, which the task then gets as its last parameter. */
  readonly kwargs?: StandardSchema<unknown, object>;
  /** What the task returns; what the validator makes of it is stored. */
  readonly result?: StandardSchema;
}

/** A schema of arguments: callers give `I`, the function gets `A`. */
export interface ArgumentsSchema<I, A> extends TaskSchema {
  readonly args: StandardSchema<I, A & readonly unknown[]>;
}

/** Name to show for one call (TASK-72); null for the task's own. */
export type ShadowName = (args: readonly unknown[], kwargs: object, options: object) => string | null;

/** A class whose instance carries hooks and state of function tasks (`base`, TASK-03), or null. */
export type TaskBase = abstract new () => object;

interface ParameterOptions {
  /** Pass the context as first parameter (TASK-02). @defaultValue false */
  readonly bind?: boolean;
  /** Task class that the task inherits from: its options, hooks and one instance a thread, the body's `this` (TASK-03). */
  readonly base?: TaskBase;
  /**
   * Names of the parameters in order, so that keyword arguments find them (NM-14). `b?` need not be given, a last
   * `...rest` takes any number.
   */
  readonly params?: readonly string[];
  /** Refuse a call that cannot bind to the parameters where it is made (TASK-04). @defaultValue the app's `strictTyping` */
  readonly typing?: boolean;
  readonly schema?: TaskSchema;
  /** Name to show for one call, as {@link ShadowName}. */
  readonly shadowName?: ShadowName;
}

interface MessageOptions {
  /** Queue of the task's messages. @defaultValue as the routes say, then setting `taskDefaultQueue` */
  readonly queue?: string;
  readonly exchange?: string;
  readonly exchangeType?: string;
  readonly routingKey?: string;
  /** 2 (or `persistent`) survives a restart of the broker, 1 (`transient`) need not (TASK-27). */
  readonly deliveryMode?: 1 | 2 | 'transient' | 'persistent';
  /** Message priority, 0 to 255; higher is served first. @defaultValue setting `taskDefaultPriority` */
  readonly priority?: number;
  /** Seconds until, or the instant at which, a message that no worker has started is dropped as revoked (TASK-21). */
  readonly expires?: number | Date;
  /** @defaultValue setting `taskSerializer` */
  readonly serializer?: string;
  /** @defaultValue setting `taskCompression` */
  readonly compression?: string;
}

interface RunOptions {
  /** Hard limit in seconds. @defaultValue setting `taskTimeLimit` */
  readonly timeLimit?: number;
  /** Soft limit in seconds. @defaultValue setting `taskSoftTimeLimit` */
  readonly softTimeLimit?: number;
  /** Starts on one worker: 10 a second, `10/m`, `10/h`; 0 for no limit (TASK-07). @defaultValue setting `taskDefaultRateLimit` */
  readonly rateLimit?: number | string;
  /**
   * Runs of the task at a time in one worker node, whatever the number of its members. Those that wait hold a place in
   * the worker's window, not a member. @defaultValue no limit
   */
  readonly concurrencyLimit?: number;
  /** Acknowledge after the run. @defaultValue setting `taskAcksLate` */
  readonly acksLate?: boolean;
  /** @defaultValue setting `taskAcksOnFailure` */
  readonly acksOnFailure?: boolean;
  /** @defaultValue setting `taskAcksOnTimeout` */
  readonly acksOnTimeout?: boolean;
  /** Both of these, where they are not given: the older option, which Celery 6 drops (TASK-18). */
  readonly acksOnFailureOrTimeout?: boolean;
  /** @defaultValue setting `taskRejectOnWorkerLost` */
  readonly rejectOnWorkerLost?: boolean;
  /** Errors that are expected: FAILURE as any other, but logged as information, without stack (TASK-20). */
  readonly throws?: readonly ErrorMatch[];
}

interface ResultOptions {
  /** @defaultValue setting `taskIgnoreResult` */
  readonly ignoreResult?: boolean;
  /** @defaultValue setting `taskTrackStarted` */
  readonly trackStarted?: boolean;
  /** Store failures although results are ignored. @defaultValue setting `taskStoreErrorsEvenIfIgnored` */
  readonly storeErrorsEvenIfIgnored?: boolean;
  /** @defaultValue setting `taskStoreEagerResult` */
  readonly storeEagerResult?: boolean;
  /** Note what the task sends as its children (TASK-09). @defaultValue true */
  readonly trail?: boolean;
  /** Events of this task, where the worker sends events (TASK-10). @defaultValue true */
  readonly sendEvents?: boolean;
  /** Characters of the result in the log (TASK-23). @defaultValue 1024 */
  readonly resultreprMaxsize?: number;
}

interface RetryingOptions {
  /** Retries after the first run; null is unlimited (TASK-05). @defaultValue 3 */
  readonly maxRetries?: number | null;
  /** Seconds before a retry that gives neither eta nor countdown (TASK-06). @defaultValue 180 */
  readonly defaultRetryDelay?: number;
  /** Errors that make the task retry by itself (RETRY-20); without back-off after `defaultRetryDelay` (BUG-05). */
  readonly autoretryFor?: readonly ErrorMatch[];
  /** Exceptions from `autoretryFor`. */
  readonly dontAutoretryFor?: readonly ErrorMatch[];
  readonly retryKwargs?: RetryKwargs;
  /** Exponential back-off of automatic retries; true is 1 s (RETRY-21). @defaultValue false */
  readonly retryBackoff?: boolean | number;
  /** Longest back-off, seconds. @defaultValue 600 */
  readonly retryBackoffMax?: number;
  /** Draw the back-off between 0 and its value. @defaultValue true */
  readonly retryJitter?: boolean;
}

/** Every option by its own name. */
export interface NamedTaskOptions
  extends ParameterOptions, MessageOptions, RunOptions, ResultOptions, RetryingOptions, TaskHooks {}

type SnakeCase<S extends string> = S extends `${infer C}${infer Rest}`
  ? C extends Uppercase<C>
    ? `_${Lowercase<C>}${SnakeCase<Rest>}`
    : `${C}${SnakeCase<Rest>}`
  : S;

/** The same options as Celery spells them. */
type PythonSpelling = {
  readonly [K in keyof NamedTaskOptions as SnakeCase<K> extends K ? never : SnakeCase<K>]?: NamedTaskOptions[K];
};

export interface TaskOptions extends NamedTaskOptions, PythonSpelling {}

/** Complete options; null means "as the settings say", empty lists and null hooks "none". */
export interface ResolvedTaskOptions {
  readonly bind: boolean;
  /** Names without marks. */
  readonly params: readonly string[] | null;
  /** Those of `params` that need not be given. */
  readonly optionalParams: readonly string[];
  readonly hasRestParam: boolean;
  readonly typing: boolean | null;
  readonly schema: TaskSchema | null;
  readonly shadowName: ShadowName | null;
  readonly queue: string | null;
  readonly exchange: string | null;
  readonly exchangeType: string | null;
  readonly routingKey: string | null;
  readonly deliveryMode: 1 | 2 | null;
  readonly priority: number | null;
  readonly expiresSeconds: number | null;
  /** Instant of an `expires` that was given as one. */
  readonly expiresEpochMs: number | null;
  readonly serializer: string | null;
  readonly compression: string | null;
  readonly timeLimitSeconds: number | null;
  readonly softTimeLimitSeconds: number | null;
  readonly rateLimit: number | string | null;
  readonly concurrencyLimit: number | null;
  readonly acksLate: boolean | null;
  readonly acksOnFailure: boolean | null;
  readonly acksOnTimeout: boolean | null;
  readonly rejectOnWorkerLost: boolean | null;
  readonly throws: readonly ErrorMatch[];
  readonly ignoreResult: boolean | null;
  readonly trackStarted: boolean | null;
  readonly storeErrorsEvenIfIgnored: boolean | null;
  readonly storeEagerResult: boolean | null;
  readonly trail: boolean;
  readonly sendEvents: boolean;
  readonly resultReprMaxChars: number;
  readonly maxRetries: number | null;
  readonly defaultRetryDelaySeconds: number;
  readonly autoretryFor: readonly ErrorMatch[];
  readonly dontAutoretryFor: readonly ErrorMatch[];
  readonly retryKwargs: RetryKwargs;
  /** Seconds of the first back-off; 0 for none. */
  readonly retryBackoffSeconds: number;
  readonly retryBackoffMaxSeconds: number;
  readonly retryJitter: boolean;
  /** null when the task has none, so that a run without hooks asks once. */
  readonly hooks: TaskHooks | null;
}
