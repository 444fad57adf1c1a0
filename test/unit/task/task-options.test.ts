import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError } from '../../../core/kernel/errors.js';
import { resolveTaskOptions, type TaskOptions } from '../../../core/task/task-options.js';

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
