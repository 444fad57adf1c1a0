import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { Clock } from '../../../../../core/kernel/clock.js';
import { DEFAULT_LANE_SIZES } from '../../../../../pools/thread/lane-layout.js';
import { AwakeWait } from '../../../../../pools/thread/member/awake-wait.js';
import { LonelyMember } from '../../../../support/lonely-member.js';
import { TestJob } from '../../../../support/pool-job.js';

const STEP_MS = 0.001;

/** A clock of which every look takes a microsecond; at one of them the host hands over a task. */
function createWait(test: TestContext) {
  const member = new LonelyMember({ ...DEFAULT_LANE_SIZES, slotCount: 1 });
  test.after(() => {
    member.close();
  });
  let looks = 0;
  let arrivesAt = Infinity;
  const clock: Pick<Clock, 'nowMonoMs'> = {
    nowMonoMs: () => {
      if (++looks === arrivesAt) {
        member.lane.writeTask(new TestJob(''));
        member.lane.flush();
      }
      return looks * STEP_MS;
    },
  };
  const wait = new AwakeWait(member.inside.tasks, clock as Clock);
  /** How often it has looked at the clock, and what it has answered. */
  const tryOnce = (arrival = Infinity): readonly [looks: number, answer: boolean] => {
    looks = 0;
    arrivesAt = arrival;
    const answer = wait.bringsTask();
    while (member.inside.tasks.next());
    return [looks, answer];
  };
  return { tryOnce };
}

describe('waiting awake for the next task', () => {
  it('ends at once when one comes, and goes on to be tried', (test) => {
    const { tryOnce } = createWait(test);
    for (let i = 0; i < 50; i++) assert.deepEqual(tryOnce(20), [20, true]);
  });

  it('ends after microseconds when none comes', (test) => {
    const { tryOnce } = createWait(test);
    const [looks, answer] = tryOnce();
    assert.equal(answer, false);
    assert.ok(looks > 10 && looks < 100, String(looks));
  });

  it('is tried ever more seldom while it comes to nothing, and again when it has paid', (test) => {
    const { tryOnce } = createWait(test);
    const tried = Array.from({ length: 400 }, () => tryOnce()[0] > 0);
    assert.deepEqual(tried.slice(0, 4), [true, true, false, false]);
    assert.ok(tried.filter(Boolean).length < 12);
    const later = Array.from({ length: 400 }, () => tryOnce(5)[1]);
    const first = later.indexOf(true);
    assert.ok(first <= 128, `the next try is after ${String(first)} opportunities`);
    assert.ok(later.slice(first).every(Boolean));
    assert.deepEqual(tryOnce(5), [5, true]);
  });
});
