import assert from 'node:assert/strict';
import { test } from 'node:test';
import { etaOf, expiryOf, type CallOptions } from '../../../core/app/call-options.js';
import { ConfigError } from '../../../core/kernel/errors.js';

const now = Date.UTC(2030, 0, 1);

test('CALL-02 a countdown is seconds from now; 0 is at once', () => {
  assert.equal(etaOf({ countdown: 1.5 }, now), now + 1_500);
  assert.equal(etaOf({ countdown: 0 }, now), null);
  assert.equal(etaOf({}, now), null);
});

test('CALL-03 an eta is a Date or ISO text, and stands above a countdown', () => {
  assert.equal(etaOf({ eta: new Date(now + 5) }, now), now + 5);
  assert.equal(etaOf({ eta: '2030-01-01T01:00:00+01:00', countdown: 9 }, now), now);
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
  for (const options of wrong) assert.throws(() => etaOf(options, now), ConfigError);
  assert.throws(() => expiryOf(NaN, now), ConfigError);
});
