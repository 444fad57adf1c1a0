/** Options of a task: what a user writes in `app.task(name, options, fn)`, checked once, kept frozen. */
import { inspect } from 'node:util';
import { ConfigError } from '../kernel/errors.js';
import { nearMiss } from '../settings/near-miss.js';

/** A class of errors, matched with `instanceof`. */
export type ErrorClass = abstract new (...args: never[]) => Error;

export interface TaskOptions {
  /** Pass the context as first parameter (TASK-02). @defaultValue false */
  readonly bind?: boolean;
  /** Names of the parameters in order, so that keyword arguments find them (NM-14). */
  readonly params?: readonly string[];
  /** Queue of the task's messages. @defaultValue setting `taskDefaultQueue` */
  readonly queue?: string;
  /** Message priority, 0 to 255; higher is served first. @defaultValue setting `taskDefaultPriority` */
  readonly priority?: number;
  /** Seconds until a message that no worker has started is dropped as revoked. */
  readonly expires?: number;
  /** Hard limit in seconds. @defaultValue setting `taskTimeLimit` */
  readonly timeLimit?: number;
  /** Soft limit in seconds. @defaultValue setting `taskSoftTimeLimit` */
  readonly softTimeLimit?: number;
  /** Acknowledge after the run. @defaultValue setting `taskAcksLate` */
  readonly acksLate?: boolean;
  /** @defaultValue setting `taskAcksOnFailure` */
  readonly acksOnFailure?: boolean;
  /** @defaultValue setting `taskAcksOnTimeout` */
  readonly acksOnTimeout?: boolean;
  /** @defaultValue setting `taskRejectOnWorkerLost` */
  readonly rejectOnWorkerLost?: boolean;
  /** @defaultValue setting `taskIgnoreResult` */
  readonly ignoreResult?: boolean;
  /** @defaultValue setting `taskTrackStarted` */
  readonly trackStarted?: boolean;
  /** Retries after the first run; null is unlimited (TASK-05). @defaultValue 3 */
  readonly maxRetries?: number | null;
  /** Seconds before a retry that gives neither eta nor countdown (TASK-06). @defaultValue 180 */
  readonly defaultRetryDelay?: number;
  /** Errors that make the task retry by itself (RETRY-20). */
  readonly autoretryFor?: readonly ErrorClass[];
  /** Exceptions from `autoretryFor`. */
  readonly dontAutoretryFor?: readonly ErrorClass[];
  /** Exponential back-off of automatic retries; true is 1 s (RETRY-21). @defaultValue false */
  readonly retryBackoff?: boolean | number;
  /** Longest back-off, seconds. @defaultValue 600 */
  readonly retryBackoffMax?: number;
  /** Draw the back-off between 0 and its value. @defaultValue true */
  readonly retryJitter?: boolean;
}

/** Complete options; null means "as the settings say". */
export interface ResolvedTaskOptions {
  readonly bind: boolean;
  readonly params: readonly string[] | null;
  readonly queue: string | null;
  readonly priority: number | null;
  readonly expiresSeconds: number | null;
  readonly timeLimitSeconds: number | null;
  readonly softTimeLimitSeconds: number | null;
  readonly acksLate: boolean | null;
  readonly acksOnFailure: boolean | null;
  readonly acksOnTimeout: boolean | null;
  readonly rejectOnWorkerLost: boolean | null;
  readonly ignoreResult: boolean | null;
  readonly trackStarted: boolean | null;
  readonly maxRetries: number | null;
  readonly defaultRetryDelaySeconds: number;
  readonly autoretryFor: readonly ErrorClass[];
  readonly dontAutoretryFor: readonly ErrorClass[];
  /** Seconds of the first back-off; 0 for none. */
  readonly retryBackoffSeconds: number;
  readonly retryBackoffMaxSeconds: number;
  readonly retryJitter: boolean;
}

type OptionKind = keyof typeof IS_OF_KIND;

const IS_OF_KIND = {
  boolean: (value: unknown) => typeof value === 'boolean',
  string: (value: unknown) => typeof value === 'string' && value !== '',
  number: isQuantity,
  'number or null': (value: unknown) => value === null || isQuantity(value),
  'number or boolean': (value: unknown) => typeof value === 'boolean' || isQuantity(value),
  names: (value: unknown) => Array.isArray(value) && value.every((item) => typeof item === 'string'),
  // An undefined class, from a cycle of imports, would otherwise be met by the first error of the task.
  classes: (value: unknown) => Array.isArray(value) && value.every((item) => typeof item === 'function'),
} as const;

function isQuantity(value: unknown): boolean {
  return typeof value === 'number' && value >= 0;
}

const OPTION_KINDS: Readonly<Record<keyof TaskOptions, OptionKind>> = {
  bind: 'boolean',
  params: 'names',
  queue: 'string',
  priority: 'number',
  expires: 'number',
  timeLimit: 'number',
  softTimeLimit: 'number',
  acksLate: 'boolean',
  acksOnFailure: 'boolean',
  acksOnTimeout: 'boolean',
  rejectOnWorkerLost: 'boolean',
  ignoreResult: 'boolean',
  trackStarted: 'boolean',
  maxRetries: 'number or null',
  defaultRetryDelay: 'number',
  autoretryFor: 'classes',
  dontAutoretryFor: 'classes',
  retryBackoff: 'number or boolean',
  retryBackoffMax: 'number',
  retryJitter: 'boolean',
};

/** @throws ConfigError naming the task and the option. */
export function resolveTaskOptions(taskName: string, options: TaskOptions): ResolvedTaskOptions {
  for (const [name, value] of Object.entries(options)) checkOption(taskName, name, value);
  const { timeLimit = null, softTimeLimit = null, retryBackoff = false } = options;
  if (timeLimit !== null && softTimeLimit !== null && softTimeLimit > timeLimit) {
    throw new ConfigError(`task "${taskName}": softTimeLimit must not be above timeLimit (TASK-13)`);
  }
  return Object.freeze({
    bind: options.bind ?? false,
    params: options.params ?? null,
    timeLimitSeconds: timeLimit,
    softTimeLimitSeconds: softTimeLimit,
    ...messageOptions(options),
    ...settleOptions(options),
    ...retryOptions(options, retryBackoff),
  });
}

function messageOptions(options: TaskOptions) {
  return {
    queue: options.queue ?? null,
    priority: options.priority ?? null,
    expiresSeconds: options.expires ?? null,
  };
}

function settleOptions(options: TaskOptions) {
  return {
    acksLate: options.acksLate ?? null,
    acksOnFailure: options.acksOnFailure ?? null,
    acksOnTimeout: options.acksOnTimeout ?? null,
    rejectOnWorkerLost: options.rejectOnWorkerLost ?? null,
    ignoreResult: options.ignoreResult ?? null,
    trackStarted: options.trackStarted ?? null,
  };
}

function retryOptions(options: TaskOptions, backoff: boolean | number) {
  return {
    maxRetries: options.maxRetries === undefined ? 3 : options.maxRetries,
    defaultRetryDelaySeconds: options.defaultRetryDelay ?? 180,
    autoretryFor: options.autoretryFor ?? [],
    dontAutoretryFor: options.dontAutoretryFor ?? [],
    // Celery cuts the factor to a whole number of at least 1 (RETRY-21).
    retryBackoffSeconds: Number(backoff) === 0 ? 0 : Math.trunc(Math.max(1, Number(backoff))),
    retryBackoffMaxSeconds: options.retryBackoffMax ?? 600,
    retryJitter: options.retryJitter ?? true,
  };
}

const WORDS_OF_KIND: Readonly<Record<OptionKind, string>> = {
  boolean: 'true or false',
  string: 'a string',
  number: 'a number from 0',
  'number or null': 'a number from 0, or null',
  'number or boolean': 'a number from 0, true or false',
  names: 'a list of strings',
  classes: 'a list of error classes',
};

function checkOption(taskName: string, name: string, value: unknown): void {
  const kind = Object.hasOwn(OPTION_KINDS, name) ? OPTION_KINDS[name as keyof TaskOptions] : null;
  if (kind === null) {
    const meant = nearMiss(name, Object.keys(OPTION_KINDS));
    const hint = meant === null ? '' : `; did you mean "${meant}"?`;
    throw new ConfigError(`task "${taskName}": unknown option "${name}"${hint}`);
  }
  if (value === undefined || IS_OF_KIND[kind](value)) return;
  throw new ConfigError(
    `task "${taskName}": option ${name} must be ${WORDS_OF_KIND[kind]}, not ${inspect(value, { depth: 1 })}`,
  );
}
