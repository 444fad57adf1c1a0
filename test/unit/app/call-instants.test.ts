import assert from 'node:assert/strict';
import { test } from 'node:test';
import { etaOf, expiryOf } from '../../../core/app/call-instants.js';
import type { CallOptions } from '../../../core/app/call-options.js';
import { ConfigError } from '../../../core/kernel/errors.js';

const now = Date.UTC(2030, 0, 1);
const HORIZON_MS = 30 * 86_400_000;

test('CALL-02 a countdown is seconds from now; 0 is at once', () => {
  assert.equal(etaOf({ countdown: 1.5 }, now, HORIZON_MS), now + 1_500);
  assert.equal(etaOf({ countdown: 0 }, now, HORIZON_MS), null);
  assert.equal(etaOf({}, now, HORIZON_MS), null);
});

test('CALL-03 an eta is a Date or ISO text, and stands above a countdown', () => {
  assert.equal(etaOf({ eta: new Date(now + 5) }, now, HORIZON_MS), now + 5);
  assert.equal(etaOf({ eta: '2030-01-01T01:00:00+01:00', countdown: 9 }, now, HORIZON_MS), now);
});

test('CALL-04 expires is seconds from now or an instant', () => {
  assert.equal(expiryOf(10, now), now + 10_000);
  assert.equal(expiryOf(new Date(now), now), now);
  assert.equal(expiryOf(undefined, now), null);
  assert.equal(expiryOf(null, now), null);
});

test('what is no instant or number is refused', () => {
  const wrong: readonly CallOptions[] = [
    { eta: 'soon' },
    { eta: new Date(NaN) },
    { countdown: Infinity },
    { countdown: NaN },
  ];
  for (const options of wrong) assert.throws(() => etaOf(options, now, HORIZON_MS), ConfigError);
  assert.throws(() => expiryOf(NaN, now), ConfigError);
});

test('an eta beyond the horizon, or a countdown beyond 32 bits, is refused', () => {
  assert.equal(etaOf({ countdown: 30 * 86_400 }, now, HORIZON_MS), now + HORIZON_MS);
  assert.throws(() => etaOf({ countdown: 30 * 86_400 + 1 }, now, HORIZON_MS), /taskMaxEtaMs/);
  assert.throws(() => etaOf({ countdown: 2 ** 31 }, now, Infinity), /2³¹/);
  assert.throws(() => etaOf({ countdown: -(2 ** 31) }, now, HORIZON_MS), ConfigError);
});
