/** How one publish is tried again (CALL-09, CALL-40), and its deadline: the call's options above the settings. */
import { ConfigError } from '../kernel/errors.js';
import type { Declarations, PublishOptions } from '../task/publish-options.js';
import type { RetryPolicy } from '../settings/setting.js';
import type { Settings } from '../settings/table.js';
import { declarationsOf } from './queue.js';
import type { CallOptions } from './call-options.js';
import type { QueueTable } from './queue-table.js';
import type { Target } from './router.js';

type RetrySettings = Pick<Settings, 'taskPublishRetry' | 'taskPublishRetryPolicy' | 'taskPublishTimeoutMs'>;

/** The policy of publishes that say nothing of their own; null is no retry. */
export function defaultRetry({ taskPublishRetry, taskPublishRetryPolicy }: RetrySettings): RetryPolicy | null {
  return taskPublishRetry ? taskPublishRetryPolicy : null;
}

/** Wait before the n-th retry (from 0), ms. */
export function retryDelayMs({ intervalStart, intervalStep, intervalMax }: RetryPolicy, n: number): number {
  return Math.min(intervalMax, intervalStart + intervalStep * n) * 1_000;
}

/** What is special about a publish; null for nearly every one. @throws ConfigError */
export function publishOptionsOf(
  options: CallOptions,
  target: Target,
  { settings, queues }: { readonly settings: RetrySettings; readonly queues: QueueTable },
): PublishOptions | null {
  const { retry, retryPolicy, timeout, confirmTimeout, declare } = options;
  if ((retry ?? retryPolicy ?? timeout ?? confirmTimeout ?? declare ?? target.declare ?? null) === null) return null;
  const seconds = timeout ?? confirmTimeout ?? null;
  if (seconds !== null && !(Number.isFinite(seconds) && seconds > 0)) {
    throw new ConfigError(`timeout must be a number of seconds above 0, not ${String(seconds)}`);
  }
  return {
    retry: policyOf(retry ?? settings.taskPublishRetry, retryPolicy, settings.taskPublishRetryPolicy),
    timeoutMs: seconds === null ? settings.taskPublishTimeoutMs : seconds * 1_000,
    declare: joined(
      target.declare,
      (declare ?? []).map((queue) => declarationsOf(queues.place(queue))),
    ),
  };
}

function policyOf(isOn: boolean, given: Partial<RetryPolicy> | undefined, byDefault: RetryPolicy): RetryPolicy | null {
  if (!isOn) return null;
  const policy = { ...byDefault, ...given };
  const { maxRetries, intervalStart, intervalStep, intervalMax } = policy;
  for (const [name, value] of Object.entries({
    intervalStart,
    intervalStep,
    intervalMax,
    maxRetries: maxRetries ?? 0,
  })) {
    if (!(Number.isFinite(value) && value >= 0)) {
      throw new ConfigError(`retryPolicy.${name} must be a number from 0, not ${String(value)} (CALL-40)`);
    }
  }
  return policy;
}

function joined(first: Declarations | null, others: readonly Declarations[]): Declarations | null {
  const all = first === null ? others : [first, ...others];
  if (all.length === 0) return null;
  return { exchanges: all.flatMap(({ exchanges }) => exchanges), queues: all.flatMap(({ queues }) => queues) };
}
