import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LossBurst } from '../../../core/worker/loss-burst.js';
import { VirtualClock } from '../../support/virtual-clock.js';

function createBurst(perMember: number, size: number) {
  const clock = new VirtualClock();
  const told: Error[] = [];
  const burst = new LossBurst({ clock, perMember, size: () => size, onBurst: (error) => told.push(error) });
  return { clock, told, burst };
}

describe('losses of members', () => {
  it('WORK-57 are too many beyond so many for each member within a second, told once with the cause', () => {
    const { told, burst } = createBurst(100, 2);
    const cause = new Error('out of luck');
    for (let n = 0; n < 200; n++) burst.note(cause);
    assert.equal(told.length, 0);
    for (let n = 0; n < 3; n++) burst.note(cause);
    assert.equal(told.length, 1);
    assert.match(told[0]?.message ?? '', /^201 members were lost .*: out of luck$/);
    assert.equal(told[0]?.cause, cause);
  });

  it('WORK-57 are forgotten after a second', async () => {
    const { clock, told, burst } = createBurst(1, 2);
    for (let n = 0; n < 20; n++) {
      burst.note(new Error('slowly'));
      await clock.advance(500);
    }
    assert.equal(told.length, 0);
  });
});
