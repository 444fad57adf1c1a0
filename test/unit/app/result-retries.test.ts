import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ResultRetries } from '../../../core/app/result-retries.js';
import type { Clock } from '../../../core/kernel/clock.js';
import { BackendError, BackendStoreError } from '../../../core/kernel/errors.js';
import type { SettingsInput } from '../../../core/settings/table.js';
import { settingsOf } from '../../support/task-plan.js';
import { VirtualClock } from '../../support/virtual-clock.js';

/** Pauses, ms, of an operation that fails for ever, with a source of chance that always gives `float`. */
async function pausesOf(settings: SettingsInput, float: number): Promise<readonly number[]> {
  const virtual = new VirtualClock();
  const pauses: number[] = [];
  const clock: Clock = {
    nowEpochMs: () => virtual.nowEpochMs(),
    nowMonoMs: () => virtual.nowMonoMs(),
    after: (delayMs, fire) => {
      pauses.push(delayMs);
      return virtual.after(delayMs, fire);
    },
  };
  const random = { fill: () => undefined, float: () => float };
  const retries = new ResultRetries({
    settings: settingsOf({ resultBackendAlwaysRetry: true, ...settings }),
    clock,
    random,
  });
  const failed = assert.rejects(
    retries.insist('store', () => Promise.reject(new BackendError('down'))),
    BackendStoreError,
  );
  await virtual.runUntilIdle();
  await failed;
  return pauses;
}

test('BKE-27 pauses double from the base to the bound, each anything from nothing to the whole of it', async () => {
  const settings = {
    resultBackendMaxRetries: 6,
    resultBackendBaseSleepBetweenRetriesMs: 10,
    resultBackendMaxSleepBetweenRetriesMs: 100,
  };
  assert.deepStrictEqual(await pausesOf(settings, 1), [10, 20, 40, 80, 100, 100]);
  assert.deepStrictEqual(await pausesOf(settings, 0.5), [5, 10, 20, 40, 50, 50]);
  assert.deepStrictEqual(await pausesOf(settings, 0), [0, 0, 0, 0, 0, 0]);
  assert.deepStrictEqual(await pausesOf({ ...settings, resultBackendMaxRetries: 0 }, 1), []);
});
