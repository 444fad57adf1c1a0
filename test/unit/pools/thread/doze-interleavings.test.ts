/** A host that dozes, and its member, made of the shipped parts, in every order of their accesses (as lane-interleavings). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createSeededRandom } from '../../../../core/kernel/random.js';
import { StatusBlock } from '../../../../pools/ring/status-block.js';
import { dozeOver, passOver } from '../../../../pools/thread/host-turns.js';
import { HostEnd, MemberEnd, NumberedJob, mapLane, prepareLane } from '../../../support/explored-lane.js';
import { exploreAll, exploreRandom, type Program, type Scenario } from '../../../support/interleaving.js';
import { MeekMemory } from '../../../support/planted-memory.js';

const HOST = 0;
const MEMBER = 1;
const NOTHING = new Uint8Array(0);

describe('G7 a host that dozes, interleaved', () => {
  const JOBS = 3;

  interface Plants {
    /** Room for outcomes. @defaultValue more than are needed */
    readonly outcomes?: number;
    readonly looksAgain?: boolean;
    readonly announces?: boolean;
    readonly isMeek?: boolean;
  }

  /**
   * The host dozes whenever it may, and no timer ends that. *call*: the last job makes one and awaits the reply, then the
   * member computes for ever. *outcome*: the member waits for more.
   */
  const scenario = (last: 'call' | 'outcome', plants: Plants = {}): Scenario => {
    const { outcomes = 4, looksAgain = true, announces = true, isMeek = false } = plants;
    const map = mapLane(0, { tasks: 4, replies: 1, outcomes, calls: 1 });
    return {
      words: map.endWord,
      hasPlainSteps: false,
      prepare: (words) => {
        prepareLane(map, words);
      },
      make: () => {
        let calls = 0;
        let jobs: readonly NumberedJob[] = [];
        const isDone = (): boolean => (last === 'call' ? calls === 1 : jobs.every(({ endCount }) => endCount > 0));
        const host: Program = (context) => {
          calls = 0;
          jobs = Array.from({ length: JOBS }, (_, i) => new NumberedJob(i + 1));
          const lane = new HostEnd(context, map, { member: MEMBER });
          for (const job of jobs) assert.notEqual(lane.writeTask(job), null);
          lane.flush();
          const drain = (): number =>
            lane.drain((call) => {
              calls++;
              call.reply(NOTHING);
            });
          const park = (): void => {
            lane.parked.park();
          };
          const doze = (): void => {
            lane.parked.doze();
          };
          // As HostTurns.#pass.
          const lookAgain = looksAgain ? drain : () => 0;
          for (;;) {
            while (passOver({ drain, park }) && dozeOver({ drain: lookAgain, doze }));
            if (isDone()) return;
            context.waitForBell();
          }
        };
        const member: Program = (context) => {
          const { hostParkedWord } = new StatusBlock(context.memory, map.statusByte);
          const memory = isMeek ? new MeekMemory(context.memory, hostParkedWord) : context.memory;
          const lane = new MemberEnd(context, map, { host: HOST, memory });
          // As MemberLoop.#turn, in which other runs go on: it announces nothing.
          const until = (isSo: () => boolean): void => {
            for (;;) {
              if (isSo()) return;
              lane.parked.park();
              if (isSo()) return;
              context.waitForBell();
            }
          };
          let task: ReturnType<MemberEnd['claimNext']> = null;
          for (let met = 1; met <= JOBS; met++) {
            until(() => (task = lane.claimNext()) !== null);
            const { ticket, number } = task as unknown as { readonly ticket: number; readonly number: number };
            if (last === 'call' && number === JOBS) {
              lane.outbox.call(1, 1, NOTHING, ticket);
              until(() => lane.outbox.flush());
              until(() => lane.readReplies().length > 0);
              return;
            }
            lane.outbox.outcome(ticket, number, NOTHING, 0, 0);
            until(() => lane.outbox.flush());
            lane.tasks.release();
          }
          if (announces) lane.outbox.announce();
        };
        return {
          programs: [host, member],
          check: ({ isDeadlocked }) => {
            assert.ok(isDone() && !isDeadlocked, `the ${last} was not heard`);
            for (const { kinds, number, endCount } of jobs) assert.deepEqual(kinds, endCount === 0 ? [] : [number]);
          },
        };
      },
    };
  };

  it('hears of a call at once, and of outcomes when they are announced', () => {
    for (const last of ['call', 'outcome'] as const) {
      assert.ok(exploreAll(scenario(last), 3) > 1_000);
      exploreRandom(scenario(last), createSeededRandom(13), 300);
    }
  });

  it('hears at once of a member that needs room', () => {
    for (const last of ['call', 'outcome'] as const) {
      assert.ok(exploreAll(scenario(last, { outcomes: 1 }), 2) > 500);
      exploreRandom(scenario(last, { outcomes: 1 }), createSeededRandom(14), 300);
    }
  });

  it('would be caught not looking again after it has dozed off', () => {
    assert.throws(() => exploreAll(scenario('call', { looksAgain: false }), 2), /the call was not heard/);
    assert.throws(() => exploreAll(scenario('outcome', { looksAgain: false }), 2), /the outcome was not heard/);
  });

  it('would be caught with a member that waits and has not announced its outcomes', () => {
    assert.throws(() => exploreAll(scenario('outcome', { announces: false }), 2), /the outcome was not heard/);
  });

  it('would be caught with bells that ring only for who is parked', () => {
    assert.throws(() => exploreAll(scenario('call', { isMeek: true }), 2), /the call was not heard/);
  });
});
