/** Whether a retry still may happen, and when (RETRY-03, 05). */
import { MaxRetriesExceeded } from '../kernel/errors.js';
import type { TaskMessage } from '../protocol/task-message.js';
import type { Retry } from './control-flow.js';
import type { ResolvedTaskOptions } from './task-options.js';

export type RetryPlan =
  | { readonly kind: 'again'; readonly etaEpochMs: number | null }
  | { readonly kind: 'exhausted'; readonly error: Error };

export function retryPlan(
  retry: Retry,
  run: { readonly message: TaskMessage; readonly options: ResolvedTaskOptions | null; readonly nowEpochMs: number },
): RetryPlan {
  const { message, options, nowEpochMs } = run;
  const given = retry.options.maxRetries;
  const limit = given === undefined ? (options?.maxRetries ?? null) : given;
  if (limit !== null && message.retries + 1 > limit) {
    const error =
      retry.options.cause ??
      new MaxRetriesExceeded(`task "${message.task}" [${message.id}] was retried ${String(message.retries)} times`);
    return { kind: 'exhausted', error };
  }
  const countdown = retry.options.countdown ?? options?.defaultRetryDelaySeconds ?? 0;
  return { kind: 'again', etaEpochMs: countdown > 0 ? nowEpochMs + countdown * 1_000 : null };
}
