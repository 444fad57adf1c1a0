/** Members that take nothing, looked at as the host does; the test plays the member. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DeafWatch } from '../../../../pools/thread/deaf-watch.js';
import { DEFAULT_LANE_SIZES } from '../../../../pools/thread/lane-layout.js';
import { LonelyMember } from '../../../support/lonely-member.js';
import { TestJob } from '../../../support/pool-job.js';

const LOOKS = 40;

function createMember(slotCount = 1) {
  const member = new LonelyMember({ ...DEFAULT_LANE_SIZES, slotCount });
  const watch = new DeafWatch(member.lane);
  /** So many looks, the member's loop turning before each; the number at which it was found deaf, 0 for never. */
  const looks = (count: number, turns = true): number => {
    for (let look = 1; look <= count; look++) {
      if (turns) member.inside.status.heartbeat++;
      if (watch.look()) return look;
    }
    return 0;
  };
  return { member, looks };
}

describe('a member that takes nothing', () => {
  it('is found when its loop has turned forty times beside a record', () => {
    const { member, looks } = createMember();
    assert.equal(looks(100), 0, 'with nothing to take');
    member.lane.writeTask(new TestJob('echo'));
    member.lane.flush();
    assert.equal(looks(100), LOOKS);
    member.lane.close();
  });

  it('is found by a record that was recalled, for it should have skipped it', () => {
    const { member, looks } = createMember();
    const entry = member.lane.writeTask(new TestJob('echo')) ?? assert.fail();
    member.lane.flush();
    assert.ok(member.lane.recall(entry));
    assert.equal(looks(100), LOOKS);
    assert.equal(member.claimNext(), false);
    member.inside.tasks.release();
    assert.equal(looks(100), 0);
    member.lane.close();
  });

  it('is none that runs, that waits for room, whose loop does not turn, or that goes on', () => {
    const { member, looks } = createMember();
    for (let i = 0; i < 3; i++) member.lane.writeTask(new TestJob('echo'));
    member.lane.flush();
    assert.equal(looks(100, false), 0, 'its loop does not turn');
    member.inside.status.memberWantsRoom = true;
    assert.equal(looks(100), 0, 'it waits for room');
    member.inside.status.memberWantsRoom = false;
    assert.equal(looks(LOOKS - 1), 0);
    assert.ok(member.claimNext());
    assert.equal(looks(100), 0, 'it runs');
    assert.ok(member.endRun());
    member.lane.close();
  });
});
