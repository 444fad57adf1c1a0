import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { advantage, median, spread } from '../../../bench/harness/statistics.js';

describe('statistics of samples', () => {
  it('the median is the middle value, whatever the order', () => {
    assert.equal(median([9, 1, 5]), 5);
    assert.equal(median([7]), 7);
  });

  it('the median of an even number is the mean of the two in the middle', () => {
    assert.equal(median([10, 1, 4, 2]), 3);
  });

  it('one sample that went wild does not move the median', () => {
    assert.equal(median([100, 101, 102, 103, 1_000_000]), 102);
  });

  it('sorts as numbers and leaves the samples as they were', () => {
    const samples = [10, 9, 100];
    assert.equal(median(samples), 10);
    assert.deepEqual(samples, [10, 9, 100]);
  });

  it('refuses to name a median of nothing', () => {
    assert.throws(() => median([]), { name: 'ConfigError' });
  });

  it('the spread is the smallest and the largest sample', () => {
    assert.deepEqual(spread([3, -1, 8, 2]), { min: -1, max: 8 });
  });

  it('A that does more in a second, or needs less time, is ahead by the same factor', () => {
    assert.equal(advantage({ unit: 'tasks/s', better: 'higher' }, 300, 100), 3);
    assert.equal(advantage({ unit: 'ms', better: 'lower' }, 100, 300), 3);
  });
});
