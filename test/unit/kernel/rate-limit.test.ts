import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError } from '../../../core/kernel/errors.js';
import { parseRateLimit } from '../../../core/kernel/rate-limit.js';

test('WORK-30 a rate is a number a second, or a text with a unit', () => {
  const rates: readonly (readonly [string | number | null, number | null])[] = [
    [5, 5],
    ['5', 5],
    ['10/s', 10],
    ['30/m', 0.5],
    ['36/h', 0.01],
    ['0.5/s', 0.5],
    [null, null],
    ['', null],
    [0, null],
    ['0/m', null],
  ];
  for (const [text, rate] of rates) assert.equal(parseRateLimit(text), rate, String(text));
});

test('what is no rate is refused', () => {
  for (const text of ['10/d', 'fast', '-1/s', -1, Number.NaN, Infinity, '1e3/s', '/m']) {
    assert.throws(() => parseRateLimit(text), ConfigError, String(text));
  }
});
