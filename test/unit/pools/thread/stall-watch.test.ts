import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { StallWatch } from '../../../../pools/thread/stall-watch.js';
import { VirtualClock } from '../../../support/virtual-clock.js';

/** Looks answer what `isWorthwhile` says, and are counted; the next one is `periodMs` away. */
function createWatch(test: TestContext) {
  const clock = new VirtualClock();
  const state = { looks: 0, isWorthwhile: true, periodMs: 8 };
  const look = (): boolean => {
    state.looks++;
    return state.isWorthwhile;
  };
  const watch = new StallWatch(clock, look, () => state.periodMs);
  test.after(() => {
    watch.close();
  });
  return { clock, watch, state };
}

describe('the watch for members that do not get on', () => {
  it('looks once a period while there is something to look for, however often it is armed', async (test) => {
    const { clock, watch, state } = createWatch(test);
    watch.arm();
    watch.arm();
    await clock.advance(7);
    assert.equal(state.looks, 0);
    await clock.advance(1);
    assert.equal(state.looks, 1);
    state.periodMs = 45;
    await clock.advance(8);
    assert.equal(state.looks, 2);
    await clock.advance(44);
    assert.equal(state.looks, 2);
    state.isWorthwhile = false;
    await clock.advance(1);
    assert.equal(state.looks, 3);
    assert.equal(clock.timers, 0);
  });

  it('has no timer before it is armed and after the end', (test) => {
    const { clock, watch } = createWatch(test);
    assert.equal(clock.timers, 0);
    watch.arm();
    watch.close();
    watch.arm();
    assert.equal(clock.timers, 0);
  });
});
