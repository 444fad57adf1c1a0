import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ThreadCount } from '../../../pools/thread-count.js';
import { VirtualClock } from '../../support/virtual-clock.js';

function createCount(idleTimeoutMs: number | null = 1_000) {
  const clock = new VirtualClock();
  const sizes: number[] = [];
  const count = new ThreadCount({ minThreads: 1, maxThreads: 3, idleTimeoutMs }, clock, (size) => sizes.push(size));
  return { clock, sizes, count };
}

describe('the number of members of a ThreadPool', () => {
  it('grows by one for each run that waits, up to its most', () => {
    const { sizes, count } = createCount();
    for (let i = 0; i < 5; i++) count.grow();
    assert.deepEqual(sizes, [2, 3]);
  });

  it('falls to what was in use when nothing more was for a while', async () => {
    const { sizes, count, clock } = createCount();
    for (let i = 0; i < 2; i++) count.grow();
    count.rest(2);
    count.rest(1);
    await clock.advance(1_000);
    assert.deepEqual(sizes, [2, 3, 2], 'two were in use');
    await clock.advance(1_000);
    assert.deepEqual(sizes, [2, 3, 2, 1]);
    await clock.advance(10_000);
    assert.equal(count.size, 1);
  });

  it('stays as it is without a timeout, and within new bounds', () => {
    const { sizes, count } = createCount(null);
    for (let i = 0; i < 2; i++) count.grow();
    count.rest(0);
    count.setBounds(1, 2);
    count.setBounds(4, 6);
    assert.deepEqual(sizes, [2, 3, 2, 4]);
  });
});
