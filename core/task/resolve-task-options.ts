/**
 * What a user wrote of a task → complete, frozen options (TASK-01..30). Layers stand above each other: those of base
 * classes, of the class, of the call of `app.task()`, of `taskAnnotations`. Wherever a task module is loaded.
 */
import { ConfigError } from '../kernel/errors.js';
import { checkTaskOptions } from './option-check.js';
import { HOOK_NAMES, type TaskHooks } from './task-hooks.js';
import type { NamedTaskOptions, ResolvedTaskOptions, RetryKwargs, TaskOptions } from './task-options.js';

/**
 * @param layers each stands above those before it.
 * @throws ConfigError naming the task and the option.
 */
export function resolveTaskOptions(taskName: string, ...layers: readonly TaskOptions[]): ResolvedTaskOptions {
  const options = layers.reduce<NamedTaskOptions>(
    (below, layer) => ({ ...below, ...checkTaskOptions(taskName, layer) }),
    {},
  );
  const { timeLimit = null, softTimeLimit = null } = options;
  if (timeLimit !== null && softTimeLimit !== null && softTimeLimit > timeLimit) {
    throw new ConfigError(`task "${taskName}": softTimeLimit must not be above timeLimit (TASK-13)`);
  }
  return Object.freeze({
    bind: options.bind ?? false,
    ...parametersOf(options.params ?? null),
    typing: options.typing ?? null,
    schema: options.schema ?? null,
    shadowName: options.shadowName ?? null,
    timeLimitSeconds: timeLimit,
    softTimeLimitSeconds: softTimeLimit,
    ...messageOptions(options),
    ...settleOptions(options),
    ...resultOptions(options),
    ...retryOptions(options),
    hooks: hooksOf(options),
  });
}

function parametersOf(params: readonly string[] | null) {
  if (params === null) return { params: null, optionalParams: [], hasRestParam: false };
  const optionalParams = params.filter((name) => name.endsWith('?')).map((name) => name.slice(0, -1));
  const hasRestParam = params.at(-1)?.startsWith('...') === true;
  const named = hasRestParam ? params.slice(0, -1) : params;
  return { params: named.map((name) => name.replace(/\?$/, '')), optionalParams, hasRestParam };
}

function messageOptions(options: NamedTaskOptions) {
  const { expires = null } = options;
  return {
    queue: options.queue ?? null,
    exchange: options.exchange ?? null,
    exchangeType: options.exchangeType ?? null,
    routingKey: options.routingKey ?? null,
    deliveryMode: deliveryModeOf(options.deliveryMode),
    priority: options.priority ?? null,
    expiresSeconds: typeof expires === 'number' ? expires : null,
    expiresEpochMs: typeof expires === 'number' || expires === null ? null : expires.getTime(),
    serializer: options.serializer ?? null,
    compression: options.compression ?? null,
  };
}

function deliveryModeOf(mode: NamedTaskOptions['deliveryMode']): 1 | 2 | null {
  if (mode === undefined) return null;
  return mode === 1 || mode === 'transient' ? 1 : 2;
}

function settleOptions(options: NamedTaskOptions) {
  const both = options.acksOnFailureOrTimeout ?? null;
  return {
    rateLimit: options.rateLimit ?? null,
    concurrencyLimit: options.concurrencyLimit ?? null,
    acksLate: options.acksLate ?? null,
    acksOnFailure: options.acksOnFailure ?? both,
    acksOnTimeout: options.acksOnTimeout ?? both,
    rejectOnWorkerLost: options.rejectOnWorkerLost ?? null,
    throws: options.throws ?? [],
  };
}

function resultOptions(options: NamedTaskOptions) {
  return {
    ignoreResult: options.ignoreResult ?? null,
    trackStarted: options.trackStarted ?? null,
    storeErrorsEvenIfIgnored: options.storeErrorsEvenIfIgnored ?? null,
    storeEagerResult: options.storeEagerResult ?? null,
    trail: options.trail ?? true,
    sendEvents: options.sendEvents ?? true,
    resultReprMaxChars: options.resultreprMaxsize ?? 1_024,
  };
}

function retryOptions(options: NamedTaskOptions) {
  const backoff = Number(options.retryBackoff ?? false);
  return {
    maxRetries: options.maxRetries === undefined ? 3 : options.maxRetries,
    defaultRetryDelaySeconds: options.defaultRetryDelay ?? 180,
    autoretryFor: options.autoretryFor ?? [],
    dontAutoretryFor: options.dontAutoretryFor ?? [],
    retryKwargs: retryKwargsOf(options.retryKwargs ?? {}),
    // Celery cuts the factor to a whole number of at least 1 (RETRY-21).
    retryBackoffSeconds: backoff === 0 ? 0 : Math.trunc(Math.max(1, backoff)),
    retryBackoffMaxSeconds: options.retryBackoffMax ?? 600,
    retryJitter: options.retryJitter ?? true,
  };
}

function retryKwargsOf(given: RetryKwargs & { readonly max_retries?: number | null }): RetryKwargs {
  const { max_retries: pythonLimit, ...kwargs } = given;
  return Object.freeze(pythonLimit === undefined ? kwargs : { maxRetries: pythonLimit, ...kwargs });
}

function hooksOf(options: NamedTaskOptions): TaskHooks | null {
  const all = options as Readonly<Record<string, unknown>>;
  const given = HOOK_NAMES.filter((name) => all[name] !== undefined);
  if (given.length === 0) return null;
  return Object.freeze(Object.fromEntries(given.map((name) => [name, all[name]])));
}
