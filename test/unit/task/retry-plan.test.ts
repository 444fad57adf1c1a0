import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeTaskHeaders } from '../../../core/protocol/task-message.js';
import { retryPlan, type RetryPlan } from '../../../core/task/retry-plan.js';
import { Retry, type RetryOptions } from '../../../core/task/control-flow.js';
import { resolveTaskOptions } from '../../../core/task/resolve-task-options.js';
import type { TaskOptions } from '../../../core/task/task-options.js';
import { taskDelivery } from '../../support/task-delivery.js';

function plan(retry: RetryOptions, retries: number, options: TaskOptions = {}): RetryPlan {
  const { headers, properties } = taskDelivery({ headers: { retries } });
  const message = decodeTaskHeaders(headers, properties);
  return retryPlan(new Retry(retry), { message, options: resolveTaskOptions('a', options), nowEpochMs: 1_000 });
}

test('RETRY-03, MIS-21 the limit of the call stands above that of the task, whose null has no end', () => {
  assert.equal(plan({}, 2).kind, 'again');
  assert.equal(plan({}, 3).kind, 'exhausted');
  assert.equal(plan({ maxRetries: 5 }, 3).kind, 'again');
  assert.equal(plan({ maxRetries: 0 }, 0).kind, 'exhausted');
  assert.equal(plan({ maxRetries: null }, 3).kind, 'exhausted');
  assert.equal(plan({}, 999, { maxRetries: null }).kind, 'again');
});

test("RETRY-05 without a countdown the task's delay counts; 0 is at once", () => {
  assert.deepStrictEqual(plan({}, 0), { kind: 'again', etaEpochMs: 181_000 });
  assert.deepStrictEqual(plan({ countdown: 2 }, 0), { kind: 'again', etaEpochMs: 3_000 });
  assert.deepStrictEqual(plan({ countdown: 0 }, 0), { kind: 'again', etaEpochMs: null });
});

test('an instant stands above a countdown, and what is no time is refused', () => {
  const eta = new Date(7_000);
  assert.deepStrictEqual(plan({ eta, countdown: 1 }, 0), { kind: 'again', etaEpochMs: 7_000 });
  assert.throws(() => plan({ countdown: NaN }, 0), /countdown is not a time/);
  assert.throws(() => plan({ eta: new Date(NaN) }, 0), /eta is not a time/);
});
