/** When the loop of a member tells a host that dozes. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { MemberProgram } from '../../../../../core/ports/member-program.js';
import { CleanContext } from '../../../../../pools/clean-context.js';
import { Guard } from '../../../../../pools/guard.js';
import { DEFAULT_LANE_SIZES } from '../../../../../pools/thread/lane-layout.js';
import { AwaitedRuns } from '../../../../../pools/thread/member/awaited-runs.js';
import type { HostLink } from '../../../../../pools/thread/member/link.js';
import { MemberLoop } from '../../../../../pools/thread/member/loop.js';
import type { MemoryWatch } from '../../../../../pools/thread/member/memory-watch.js';
import { Outbox } from '../../../../../pools/thread/member/outbox.js';
import { LonelyMember } from '../../../../support/lonely-member.js';
import { TestJob } from '../../../../support/pool-job.js';
import { turn, VirtualClock } from '../../../../support/virtual-clock.js';

const OUTCOME = { kind: 1, payload: new Uint8Array(0) };

function fail(error: unknown): never {
  throw error as Error;
}

/** A loop whose member waits already; `run` is its program. */
function createLoop(test: TestContext, run: MemberProgram['run']) {
  const member = new LonelyMember({ ...DEFAULT_LANE_SIZES, slotCount: 2 });
  test.after(() => {
    member.close();
  });
  const lane = member.inside;
  // Awake it would wait for the next task until this has passed.
  const clock = new (class extends VirtualClock {
    #looks = 0;

    override nowMonoMs(): number {
      return super.nowMonoMs() + this.#looks++ / 1_000;
    }
  })();
  const loop = new MemberLoop(lane, {
    outbox: new Outbox(lane),
    awaited: new AwaitedRuns(lane.status),
    guard: new Guard(clock, { strike: () => undefined, broken: fail }),
    link: { readReplies: () => undefined } as unknown as HostLink,
    clock,
    context: new CleanContext(),
    memory: { look: () => undefined } as unknown as MemoryWatch,
    onRetire: () => undefined,
    onBroken: fail,
  });
  loop.begin({ manifest: null, run, close: () => Promise.resolve() });
  const give = (count: number) => Array.from({ length: count }, () => member.lane.writeTask(new TestJob('')));
  /** The host dozes from here on, and what it has given away is there. */
  const doze = (): void => {
    member.lane.flush();
    member.takeBells();
    member.lane.parked.doze();
  };
  return { member, loop, give, doze };
}

describe('the loop of a member whose host dozes', () => {
  it('rings for the last outcome before it waits, and for none with tasks behind it', (test) => {
    const bells: number[] = [];
    const { member, loop, give, doze } = createLoop(test, () => {
      bells.push(member.takeBells());
      return OUTCOME;
    });
    give(3);
    doze();
    loop.wake();
    assert.deepEqual([...bells, member.takeBells()], [0, 0, 0, 1]);
  });

  it('rings for the outcome of a promise when nothing else is to do', async (test) => {
    let settle: () => void = () => undefined;
    const { member, loop, give, doze } = createLoop(
      test,
      () =>
        new Promise(
          (resolve) =>
            (settle = () => {
              resolve(OUTCOME);
            }),
        ),
    );
    give(1);
    doze();
    loop.wake();
    assert.equal(member.takeBells(), 1, 'for the start, since it waits');
    doze();
    settle();
    await turn();
    assert.equal(member.takeBells(), 1);
  });

  it('does not ring for a promise while the next run lies in the ring, and does for the last', async (test) => {
    const settlers: (() => void)[] = [];
    const { member, loop, give, doze } = createLoop(
      test,
      () =>
        new Promise((resolve) => {
          settlers.push(() => {
            resolve(OUTCOME);
          });
        }),
    );
    give(4);
    doze();
    loop.wake();
    assert.deepEqual([settlers.length, member.takeBells()], [2, 0], 'both slots are taken, two wait');
    for (const bells of [0, 1, 1, 1]) {
      settlers.shift()?.();
      await turn();
      assert.equal(member.takeBells(), bells);
      doze();
    }
  });

  it('rings when it has passed over what was recalled', (test) => {
    const { member, loop, give, doze } = createLoop(test, () => OUTCOME);
    const [entry] = give(1);
    assert.ok(entry != null && member.lane.recall(entry));
    doze();
    loop.wake();
    assert.deepEqual([member.takeBells(), member.lane.hasUnreleased], [1, false]);
  });

  it('does not ring when it was woken for nothing', (test) => {
    const { member, loop, doze } = createLoop(test, () => OUTCOME);
    doze();
    loop.wake();
    assert.equal(member.takeBells(), 0);
  });
});
