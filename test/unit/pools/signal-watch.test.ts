import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, it } from 'node:test';
import { SignalWatch } from '../../../pools/signal-watch.js';

describe('a watch over signals', () => {
  it('tells all followers of a signal at once, those that are left', () => {
    const told: unknown[] = [];
    const watch = new SignalWatch<string>((followers, reason) => told.push([...followers], reason));
    const [first, second] = [new AbortController(), new AbortController()];
    for (const follower of ['a', 'b', 'c']) watch.follow(first.signal, follower);
    watch.follow(second.signal, 'd');
    watch.unfollow(first.signal, 'b');
    watch.unfollow(second.signal, 'unknown');
    assert.equal(getEventListeners(first.signal, 'abort').length, 1);
    first.abort('enough');
    assert.deepEqual(told, [['a', 'c'], 'enough']);
    watch.unfollow(first.signal, 'a');
    assert.equal(getEventListeners(second.signal, 'abort').length, 1);
    watch.unfollow(second.signal, 'd');
    assert.equal(getEventListeners(second.signal, 'abort').length, 0);
  });
});
