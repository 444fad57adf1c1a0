import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TokenBucket } from '../../../core/kernel/token-bucket.js';

test('WORK-31 it starts full, holds one token, and says how long the next one takes', () => {
  const bucket = new TokenBucket(2, 1_000);
  assert.equal(bucket.tryTake(1_000), true);
  assert.equal(bucket.tryTake(1_000), false);
  assert.equal(bucket.waitMs(1_000), 500);
  assert.equal(bucket.waitMs(1_250), 250);
  assert.equal(bucket.tryTake(1_499), false);
  assert.equal(bucket.tryTake(1_500), true);
  // A long pause gives one token, not many: a burst is at most one (MIS-29).
  assert.equal(bucket.tryTake(900_000), true);
  assert.equal(bucket.tryTake(900_000), false);
});

test('a clock that steps back gives no tokens and breaks nothing', () => {
  const bucket = new TokenBucket(1, 5_000);
  assert.equal(bucket.tryTake(5_000), true);
  assert.equal(bucket.tryTake(1_000), false);
  assert.ok(bucket.waitMs(1_000) <= 1_000);
});

test('over any times it gives at most one more than the rate allows, and whoever waits as told gets one', () => {
  const steps = fc.array(fc.double({ min: 0, max: 5_000, noNaN: true }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(fc.double({ min: 0.01, max: 50, noNaN: true }), steps, (rate, delays) => {
      const bucket = new TokenBucket(rate, 0);
      let now = 0;
      let taken = 0;
      for (const delay of delays) {
        now += delay;
        if (bucket.tryTake(now)) taken++;
        else {
          now += bucket.waitMs(now);
          assert.equal(bucket.tryTake(now), true);
          taken++;
        }
        assert.ok(taken <= 1 + (now * rate) / 1_000 + 1e-6, `${String(taken)} in ${String(now)} ms`);
      }
    }),
  );
});
