/** When a failed run is tried again by itself, and after how long (RETRY-20..23). Member thread. */
import type { Random } from '../kernel/random.js';
import { Ignore, Reject, Retry } from './control-flow.js';
import { matchesAny } from './error-match.js';
import type { ResolvedTaskOptions } from './task-options.js';

/**
 * The retry that `autoretryFor` asks for after `error`; null when the error stands. Every run gets values of its own:
 * Celery changes the shared `retry_kwargs` (BUG-04).
 */
export function automaticRetry(
  error: unknown,
  options: ResolvedTaskOptions,
  { retries, random }: { readonly retries: number; readonly random: Random },
): Retry | null {
  if (options.autoretryFor.length === 0 || !(error instanceof Error)) return null;
  if (error instanceof Ignore || error instanceof Reject || error instanceof Retry) return null;
  if (matchesAny(error, options.dontAutoretryFor) || !matchesAny(error, options.autoretryFor)) return null;
  const backoff = options.retryBackoffSeconds === 0 ? {} : { countdown: backoffSeconds(options, retries, random) };
  return new Retry({ ...options.retryKwargs, ...backoff, cause: error });
}

/** Celery's exponential back-off: min(max, factor × 2^retries), drawn from [0, that] with jitter; whole seconds. */
export function backoffSeconds(options: ResolvedTaskOptions, retries: number, random: Random): number {
  const seconds = Math.min(options.retryBackoffMaxSeconds, options.retryBackoffSeconds * 2 ** retries);
  return options.retryJitter ? Math.floor(random.float() * (seconds + 1)) : seconds;
}
