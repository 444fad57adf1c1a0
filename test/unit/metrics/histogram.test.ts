import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Histogram } from '../../../core/metrics/histogram.js';

describe('a histogram', () => {
  it('counts a value in the bucket whose bound it does not exceed, and sums the values', () => {
    const histogram = new Histogram([1, 2, 5]);
    for (const value of [0.5, 1, 1.5, 2, 5, 5.1, 100]) histogram.record(value);
    const { bounds, counts, sum, labels } = histogram.distribution({ task: 'a' });
    assert.deepEqual([bounds, counts, labels], [[1, 2, 5], [2, 2, 1, 2], { task: 'a' }]);
    assert.equal(sum, 115.1);
  });

  it('takes what cannot be a duration for zero', () => {
    const histogram = new Histogram([1]);
    histogram.record(-3);
    histogram.record(NaN);
    assert.deepEqual(histogram.distribution({}), { labels: {}, bounds: [1], counts: [2, 0], sum: 0 });
  });

  it('finds the bucket that a linear search finds', () => {
    const bounds = [0.1, 0.2, 1, 7, 8, 20];
    fc.assert(
      fc.property(fc.double({ min: 0, max: 30, noNaN: true }), (value) => {
        const histogram = new Histogram(bounds);
        histogram.record(value);
        const found = bounds.findIndex((bound) => value <= bound);
        assert.equal(histogram.distribution({}).counts.indexOf(1), found === -1 ? bounds.length : found);
      }),
    );
  });
});
