/** When a failed run is tried again by itself, and after how long (RETRY-20..22). */
import type { Random } from '../kernel/random.js';
import { Ignore, Reject, Retry } from './control-flow.js';
import type { ResolvedTaskOptions } from './task-options.js';

/** The retry that `autoretryFor` asks for after `error`; null when the error stands. */
export function automaticRetry(
  error: unknown,
  options: ResolvedTaskOptions,
  { retries, random }: { readonly retries: number; readonly random: Random },
): Retry | null {
  if (error instanceof Ignore || error instanceof Reject || error instanceof Retry) return null;
  if (!(error instanceof Error)) return null;
  if (options.dontAutoretryFor.some((type) => error instanceof type)) return null;
  if (!options.autoretryFor.some((type) => error instanceof type)) return null;
  const countdown = options.retryBackoffSeconds === 0 ? {} : { countdown: backoffSeconds(options, retries, random) };
  return new Retry({ cause: error, ...countdown });
}

/** Celery's exponential back-off: min(max, factor × 2^retries), drawn from [0, that] with jitter; whole seconds. */
export function backoffSeconds(options: ResolvedTaskOptions, retries: number, random: Random): number {
  const seconds = Math.min(options.retryBackoffMaxSeconds, options.retryBackoffSeconds * 2 ** retries);
  return options.retryJitter ? Math.floor(random.float() * (seconds + 1)) : seconds;
}
