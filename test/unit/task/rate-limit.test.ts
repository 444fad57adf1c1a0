import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRate } from '../../../core/task/rate-limit.js';

test('TASK-07 a rate is a number a second, or text with s, m or h', () => {
  assert.deepStrictEqual([10, '10', '10/s', '30/m', '7200/h', '0.5/s', 0, '0/m'].map(parseRate), [
    10,
    10,
    10,
    0.5,
    2,
    0.5,
    null,
    null,
  ]);
  assert.deepStrictEqual(['', 'x', '1/d', '-1/s', -1, NaN, Infinity].map(parseRate), Array(7).fill(undefined));
});
