import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Closing } from '../../../pools/closing.js';
import { turn, VirtualClock } from '../../support/virtual-clock.js';

function createClosing() {
  const clock = new VirtualClock();
  const pool = { jobs: 1, members: 1 };
  const steps: string[] = [];
  const closing = new Closing(clock, {
    isIdle: () => pool.jobs === 0,
    isEmpty: () => pool.members === 0,
    retireAll: () => steps.push('retire'),
    endAll: () => steps.push('end'),
  });
  closing.open();
  const become = async (jobs: number, members: number): Promise<void> => {
    Object.assign(pool, { jobs, members });
    closing.changed();
    await turn();
  };
  return { clock, closing, steps, become };
}

describe('the end of a pool', () => {
  it('waits for the jobs, then for the members', async () => {
    const { clock, closing, steps, become } = createClosing();
    const closed = closing.close(1_000);
    assert.equal(closing.isOpen, false);
    await become(0, 1);
    assert.deepEqual(steps, ['retire']);
    assert.equal(closing.isEnding, false);
    await become(0, 0);
    await closed;
    assert.ok(closing.isEnding);
    assert.equal(clock.timers, 0);
  });

  it('does not take the moment between a dead member and its replacement for the end', async () => {
    const { closing, steps, become } = createClosing();
    let isClosed = false;
    const closed = closing.close(1_000).then(() => (isClosed = true));
    await become(1, 0);
    await become(0, 1);
    assert.deepEqual([steps, isClosed], [['retire'], false]);
    await become(0, 0);
    await closed;
  });

  it('ends what is left when the time is over, once', async () => {
    const { clock, closing, steps, become } = createClosing();
    const closed = Promise.all([closing.close(1_000), closing.close(50)]);
    await clock.advance(50);
    await clock.advance(1_000);
    assert.deepEqual(steps, ['end']);
    await become(0, 0);
    await closed;
    assert.deepEqual(steps, ['end', 'retire']);
  });

  it('may come before the start', async () => {
    const clock = new VirtualClock();
    const none = (): void => undefined;
    const yes = (): boolean => true;
    const closing = new Closing(clock, { isIdle: yes, isEmpty: yes, retireAll: none, endAll: none });
    await closing.close(0);
    assert.deepEqual([closing.isNew, closing.isOpen, closing.isEnding], [false, false, true]);
  });
});
