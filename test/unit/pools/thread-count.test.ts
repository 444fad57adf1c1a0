import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ThreadCount } from '../../../pools/thread-count.js';
import { VirtualClock } from '../../support/virtual-clock.js';

function createCount(idleTimeoutMs: number | null = 1_000) {
  const clock = new VirtualClock();
  const sizes: number[] = [];
  const load = { waiting: 0, ended: 0 };
  const count = new ThreadCount({ minThreads: 1, maxThreads: 3, idleTimeoutMs }, clock, {
    onSize: (size) => sizes.push(size),
    load: () => load,
  });
  return { clock, sizes, count, load };
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

  it('grows while runs that have room do not get on, and not while they would be done before a thread has started', async () => {
    const { sizes, count, clock, load } = createCount();
    load.waiting = 10;
    count.press();
    load.ended = 2;
    await clock.advance(10);
    assert.deepEqual(sizes, [], 'ten more are done within 50 ms');
    load.ended = 3;
    await clock.advance(10);
    assert.deepEqual(sizes, [2], 'one in 10 ms: they would take 100 ms');
    await clock.advance(10);
    assert.deepEqual(sizes, [2, 3]);
    assert.equal(clock.timers, 0, 'there are as many as there may be');
  });

  it('looks no more when nothing waits', async () => {
    const { sizes, count, clock, load } = createCount();
    load.waiting = 1;
    count.press();
    load.waiting = 0;
    await clock.advance(10);
    assert.deepEqual([sizes, clock.timers], [[], 0]);
    count.press();
    count.close();
    assert.equal(clock.timers, 0);
  });
});
