import assert from 'node:assert/strict';
import { test } from 'node:test';
import { automaticRetry, backoffSeconds } from '../../../core/task/retry-policy.js';
import { Reject, Retry } from '../../../core/task/control-flow.js';
import { resolveTaskOptions } from '../../../core/task/resolve-task-options.js';
import type { ErrorClass, TaskOptions } from '../../../core/task/task-options.js';

const random = (value: number) => ({ float: () => value, fill: () => undefined });

function seconds(options: TaskOptions, retries: number, drawn = 0): number {
  return backoffSeconds(resolveTaskOptions('a', options), retries, random(drawn));
}

test('RETRY-21 the delay doubles with each retry up to its bound', () => {
  const options = { retryBackoff: 3, retryJitter: false, retryBackoffMax: 20 };
  assert.deepStrictEqual(
    [0, 1, 2, 3, 5_000].map((retries) => seconds(options, retries)),
    [3, 6, 12, 20, 20],
  );
});

test('RETRY-21 jitter draws a whole number from 0 to the delay', () => {
  const options = { retryBackoff: 4 };
  assert.deepStrictEqual([seconds(options, 0, 0), seconds(options, 0, 0.5), seconds(options, 0, 0.9999)], [0, 2, 4]);
});

test("RETRY-22 without back-off the task's own delay counts", () => {
  const options = resolveTaskOptions('a', { autoretryFor: [RangeError] });
  const retry = automaticRetry(new RangeError('x'), options, { retries: 0, random: random(0) });
  assert.ok(retry instanceof Retry);
  assert.equal(retry.options.countdown, undefined);
  assert.ok(retry.options.cause instanceof RangeError);
});

test('signals and what is no error are never retried by themselves', () => {
  const options = resolveTaskOptions('a', { autoretryFor: [Error] });
  for (const thrown of [new Reject('x'), new Retry({}), 'text', null]) {
    assert.equal(automaticRetry(thrown, options, { retries: 0, random: random(0) }), null);
  }
});

test('RETRY-20 an error matches by class or by the name of its class', () => {
  class Flaky extends RangeError {}
  const retries = (autoretryFor: readonly (ErrorClass | string)[], dontAutoretryFor: readonly string[] = []) =>
    automaticRetry(new Flaky('x'), resolveTaskOptions('a', { autoretryFor, dontAutoretryFor }), {
      retries: 0,
      random: random(0.5),
    }) !== null;
  assert.deepStrictEqual([retries(['Flaky']), retries(['RangeError']), retries(['TypeError'])], [true, true, false]);
  assert.equal(retries([RangeError], ['Flaky']), false);
});

test('RETRY-23 retryKwargs gives limit and countdown, and back-off stands above its countdown', () => {
  const retry = (options: TaskOptions) =>
    automaticRetry(new Error('x'), resolveTaskOptions('a', { autoretryFor: [Error], ...options }), {
      retries: 1,
      random: random(0.5),
    })?.options;
  assert.deepStrictEqual(
    [
      retry({ retryKwargs: { maxRetries: 9, countdown: 4 } })?.maxRetries,
      retry({ retryKwargs: { countdown: 4 } })?.countdown,
    ],
    [9, 4],
  );
  assert.equal(retry({ retryKwargs: { countdown: 4 }, retryBackoff: 3, retryJitter: false })?.countdown, 6);
});
