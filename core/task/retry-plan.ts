/** Whether a retry still may happen, and when (RETRY-03, 05). Member thread, and wherever a task runs eagerly. */
import { ConfigError, MaxRetriesExceeded } from '../kernel/errors.js';
import type { Retry } from './control-flow.js';
import type { ResolvedTaskOptions } from './task-options.js';

export type RetryPlan =
  | { readonly kind: 'again'; readonly etaEpochMs: number | null }
  | { readonly kind: 'exhausted'; readonly error: Error };

/** The run that asks for a retry. */
export interface RetryingRun {
  readonly task: string;
  readonly id: string;
  readonly retries: number;
}

/** @throws ConfigError for a time that is none. */
export function retryPlan(
  retry: Retry,
  run: { readonly message: RetryingRun; readonly options: ResolvedTaskOptions | null; readonly nowEpochMs: number },
): RetryPlan {
  const { message, options, nowEpochMs } = run;
  // null in the call is "as the task says"; only the task's own null is unlimited (MIS-21).
  const limit = retry.options.maxRetries ?? options?.maxRetries ?? null;
  if (limit !== null && message.retries + 1 > limit) {
    const error =
      retry.options.cause ??
      new MaxRetriesExceeded(`task "${message.task}" [${message.id}] was retried ${String(message.retries)} times`);
    return { kind: 'exhausted', error };
  }
  return { kind: 'again', etaEpochMs: etaOf(retry, options, nowEpochMs) };
}

function etaOf({ options }: Retry, task: ResolvedTaskOptions | null, nowEpochMs: number): number | null {
  if (options.eta !== undefined) return checked('eta', options.eta.getTime());
  const countdown = checked('countdown', options.countdown ?? task?.defaultRetryDelaySeconds ?? 0);
  return countdown > 0 ? nowEpochMs + countdown * 1_000 : null;
}

function checked(name: string, value: number): number {
  if (!Number.isFinite(value)) throw new ConfigError(`retry: ${name} is not a time`);
  return value;
}
