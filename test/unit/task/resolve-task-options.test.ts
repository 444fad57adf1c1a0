import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError } from '../../../core/kernel/errors.js';
import { resolveTaskOptions } from '../../../core/task/resolve-task-options.js';
import type { TaskOptions } from '../../../core/task/task-options.js';

test("defaults are Celery's, and what the settings decide is left open", () => {
  const options = resolveTaskOptions('a', {});
  assert.deepStrictEqual(
    [options.maxRetries, options.defaultRetryDelaySeconds, options.retryBackoffMaxSeconds],
    [3, 180, 600],
  );
  assert.deepStrictEqual([options.acksLate, options.timeLimitSeconds, options.queue], [null, null, null]);
  assert.ok(Object.isFrozen(options));
});

test('RETRY-21 a factor is cut to a whole number of at least 1; false and 0 are none', () => {
  const factor = (retryBackoff: boolean | number) => resolveTaskOptions('a', { retryBackoff }).retryBackoffSeconds;
  assert.deepStrictEqual([true, false, 0, 0.5, 2.9].map(factor), [1, 0, 0, 1, 2]);
});

test('a wrong option is refused, naming task and option', () => {
  const wrong: readonly Record<string, unknown>[] = [
    { bind: 1 },
    { params: 'a' },
    { params: [1] },
    { queue: '' },
    { priority: '1' },
    { timeLimit: -1 },
    { timeLimit: NaN },
    { maxRetries: '3' },
    { maxRetries: -1 },
    { retryBackoff: 'yes' },
    // What a cycle of imports leaves of a class.
    { autoretryFor: [undefined] },
    { dontAutoretryFor: RangeError },
    { toString: 1 },
  ];
  for (const options of wrong) {
    const [name = ''] = Object.keys(options);
    assert.throws(
      () => resolveTaskOptions('shop.add', options),
      (error) => error instanceof ConfigError && error.message.includes(name) && error.message.includes('shop.add'),
      name,
    );
  }
  assert.equal(resolveTaskOptions('a', { maxRetries: null }).maxRetries, null);
});

test('a near miss is refused with the name that was meant', () => {
  assert.throws(() => resolveTaskOptions('a', { maxRetry: 1 } as TaskOptions), /unknown option "maxRetry"/);
  assert.throws(() => resolveTaskOptions('a', { ackLate: true } as TaskOptions), /did you mean "acksLate"/);
});

test('TASK-13 the soft limit must not be above the hard one', () => {
  assert.throws(() => resolveTaskOptions('a', { timeLimit: 1, softTimeLimit: 2 }), /TASK-13/);
});

test("Celery's own spelling is read, and one option in both is refused", () => {
  const options = resolveTaskOptions('a', { acks_late: true, resultrepr_maxsize: 9, retry_kwargs: { maxRetries: 7 } });
  assert.deepStrictEqual(
    [options.acksLate, options.resultReprMaxChars, options.retryKwargs],
    [true, 9, { maxRetries: 7 }],
  );
  assert.throws(() => resolveTaskOptions('a', { acks_late: true, acksLate: false }), /acksLate is given twice/);
  assert.throws(() => resolveTaskOptions('a', { ack_late: true } as TaskOptions), /did you mean "acksLate"/);
});

test('a later layer stands above those before it', () => {
  const options = resolveTaskOptions('a', { queue: 'x', maxRetries: 9 }, { queue: 'y' });
  assert.deepStrictEqual([options.queue, options.maxRetries], ['y', 9]);
});

test('TASK-18 acksOnFailureOrTimeout is both, where they are not given', () => {
  const both = resolveTaskOptions('a', { acksOnFailureOrTimeout: false });
  assert.deepStrictEqual([both.acksOnFailure, both.acksOnTimeout], [false, false]);
  const one = resolveTaskOptions('a', { acksOnFailureOrTimeout: false, acksOnTimeout: true });
  assert.deepStrictEqual([one.acksOnFailure, one.acksOnTimeout], [false, true]);
});

test('TASK-21 expires is seconds or an instant', () => {
  const at = new Date(5_000);
  assert.equal(resolveTaskOptions('a', { expires: 3 }).expiresSeconds, 3);
  assert.deepStrictEqual(
    [resolveTaskOptions('a', { expires: at }).expiresEpochMs, resolveTaskOptions('a', { expires: at }).expiresSeconds],
    [5_000, null],
  );
});

test('options of every kind are checked', () => {
  const wrong: readonly Record<string, unknown>[] = [
    { rateLimit: '10/d' },
    { rateLimit: -1 },
    { deliveryMode: 3 },
    { expires: new Date(NaN) },
    { throws: [1] },
    { schema: { args: {} } },
    { schema: { arguments: {} } },
    { retryKwargs: { max: 1 } },
    { onSuccess: 'yes' },
    { backend: 'redis://' },
  ];
  for (const options of wrong)
    assert.throws(() => resolveTaskOptions('a', options), ConfigError, JSON.stringify(options));
});

test('a task without hooks has none, and one with hooks keeps what was given', () => {
  assert.equal(resolveTaskOptions('a', {}).hooks, null);
  const onSuccess = () => 1;
  assert.deepStrictEqual(resolveTaskOptions('a', { onSuccess }).hooks, { onSuccess });
});
