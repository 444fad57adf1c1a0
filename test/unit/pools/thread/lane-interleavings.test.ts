/** Both ends of a lane, made of the shipped parts, in every order of their accesses up to a number of preemptions. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createSeededRandom } from '../../../../core/kernel/random.js';
import type { RingMemory } from '../../../../pools/ring/memory.js';
import { NO_TICKET } from '../../../../pools/ring/record.js';
import { AbortReason, type StatusBlock } from '../../../../pools/ring/status-block.js';
import { slotOfTicket } from '../../../../pools/ring/ticket.js';
import { passOver } from '../../../../pools/thread/host-turns.js';
import { AwaitedRuns } from '../../../../pools/thread/member/awaited-runs.js';
import type { RunningJob } from '../../../../pools/thread/member/running-job.js';
import { reckon } from '../../../../pools/thread/reckoning.js';
import type { Lane } from '../../../../pools/thread/lane.js';
import {
  HostEnd,
  MemberEnd,
  NumberedJob,
  mapLane,
  prepareLane,
  publishedRecords,
  type LaneMap,
} from '../../../support/explored-lane.js';
import { exploreAll, exploreRandom, type Program, type Scenario } from '../../../support/interleaving.js';
import { LeakyMemory } from '../../../support/planted-memory.js';

const HOST = 0;
const MEMBER = 1;
const SUCCESSOR = 2;
const NOTHING = new Uint8Array(0);

/** The host's event loop: passes until one finds nothing, then a bell. */
function hostLoop(
  waitForBell: () => void,
  steps: { readonly drain: () => number; readonly park: () => void; readonly isDone: () => boolean },
): void {
  for (;;) {
    while (passOver(steps));
    if (steps.isDone()) return;
    waitForBell();
  }
}

describe('credits of a lane, interleaved', () => {
  const map = mapLane(0, { tasks: 2, replies: 1, outcomes: 1, calls: 1 });
  const JOBS = 2;
  const CALLS_PER_JOB = 2;
  const PROGRAM_KIND = 1;

  interface Plants {
    readonly memory?: (memory: RingMemory) => RingMemory;
    readonly looksAgain?: boolean;
    readonly tellsRoom?: boolean;
    /** Replies ring the member's bell as well: without them only room that comes back does. */
    readonly answers?: boolean;
  }

  const scenario = ({ memory, looksAgain = true, tellsRoom = true, answers = true }: Plants = {}): Scenario => ({
    words: map.endWord,
    hasPlainSteps: false,
    prepare: (words) => {
      prepareLane(map, words);
    },
    make: () => {
      const seen = { calls: [] as number[], orphans: 0, replies: [] as number[] };
      let jobs: readonly NumberedJob[] = [];
      const host: Program = (context) => {
        Object.assign(seen, { calls: [], orphans: 0 });
        jobs = Array.from({ length: JOBS }, (_, i) => new NumberedJob(i + 1));
        const hostMemory = memory?.(context.memory);
        const lane = new HostEnd(context, map, {
          member: MEMBER,
          ...(hostMemory === undefined ? {} : { memory: hostMemory }),
        });
        if (!tellsRoom) lane.wake = () => undefined;
        for (const job of jobs) assert.notEqual(lane.writeTask(job), null);
        lane.flush();
        const waitForBell = (): void => {
          context.waitForBell();
        };
        hostLoop(waitForBell, {
          drain: () =>
            lane.drain((call) => {
              seen.calls.push(call.kind);
              if (call.job === null) seen.orphans++;
              if (answers) call.reply(NOTHING);
            }),
          park: () => {
            lane.parked.park();
          },
          isDone: () => jobs.every(({ endCount }) => endCount > 0) && !lane.status.hostWantsRoom,
        });
      };
      const member: Program = (context) => {
        const lane = new MemberEnd(context, map, { host: HOST });
        seen.replies = [];
        let calls = 0;
        let runs = 0;
        const run = (ticket: number, number: number): void => {
          for (let i = 0; i < CALLS_PER_JOB; i++) lane.outbox.call(++calls, PROGRAM_KIND, NOTHING, ticket);
          lane.outbox.outcome(ticket, number, NOTHING, 0, 0);
          lane.tasks.release();
          runs++;
        };
        // As MemberLoop.#work and #park.
        for (;;) {
          seen.replies.push(...lane.readReplies());
          lane.outbox.flush();
          while (!lane.outbox.isBlocked) {
            const task = lane.claimNext();
            if (task === null) break;
            run(task.ticket, task.number);
          }
          lane.parked.park();
          const hasSent = looksAgain && lane.outbox.isBlocked && lane.outbox.flush();
          if (lane.replies.refresh() || hasSent || (!lane.outbox.isBlocked && lane.tasks.refresh())) {
            lane.parked.unpark();
            continue;
          }
          const replies = answers ? JOBS * CALLS_PER_JOB : 0;
          if (!lane.outbox.isBlocked && runs === JOBS && seen.replies.length === replies) return;
          context.waitForBell();
        }
      };
      return {
        programs: [host, member],
        check: ({ isDeadlocked }) => {
          assert.ok(!isDeadlocked, 'somebody waits for room for ever');
          assert.equal(seen.calls.length, JOBS * CALLS_PER_JOB);
          assert.equal(seen.orphans, 0, 'a call was served after the outcome of its run');
          assert.deepEqual(seen.replies, answers ? [1, 2, 3, 4] : []);
          for (const { kinds, number } of jobs) assert.deepEqual(kinds, [number]);
        },
      };
    },
  });

  it('G3 G4 G7 sends all that is held in order, and nobody waits for ever', () => {
    assert.ok(exploreAll(scenario(), 2) > 1_000);
    assert.ok(exploreAll(scenario({ answers: false }), 2) > 1_000);
    exploreRandom(scenario(), createSeededRandom(11), 200);
  });

  it('would be caught leaking a credit: less room is given back than was read', () => {
    const leak = (memory: RingMemory): RingMemory => new LeakyMemory(memory, map.calls.headWord);
    assert.throws(() => exploreAll(scenario({ memory: leak }), 1), /waits for room for ever/);
  });

  it('would be caught not telling whoever wants room', () => {
    const deaf = scenario({ tellsRoom: false, answers: false });
    assert.throws(() => exploreAll(deaf, 2), /waits for room for ever/);
  });

  it('would be caught sleeping with held records without another try after parking', () => {
    const rash = scenario({ looksAgain: false, answers: false });
    assert.throws(() => exploreAll(rash, 2), /waits for room for ever/);
  });
});

describe('G2 G10 G12 a member that is killed, and its successor, interleaved', () => {
  const rooms = { tasks: 2, replies: 1, outcomes: 2, calls: 1 };
  const first = mapLane(0, rooms);
  const second = mapLane(first.endWord, rooms);
  const exitWord = second.endWord;
  const JOBS = 2;

  const member =
    (map: LaneMap, tellsExit: boolean, jobs: number, onRun: (number: number) => void): Program =>
    (context) => {
      const lane = new MemberEnd(context, map, { host: HOST });
      let met = 0;
      while (met < jobs) {
        const task = lane.claimNext();
        if (task === null) {
          lane.parked.park();
          if (lane.tasks.refresh()) lane.parked.unpark();
          else if (met < jobs) {
            if (context.memory.load(exitWord) === 2) return;
            context.waitForBell();
          }
          continue;
        }
        met++;
        if (task.ticket !== NO_TICKET) {
          onRun(task.number);
          lane.outbox.outcome(task.ticket, task.number, NOTHING, 0, 0);
        }
        lane.tasks.release();
      }
      if (!tellsExit) return;
      context.memory.store(exitWord, 1);
      context.postBell(HOST);
    };

  const scenario = (ignoresEpochs: boolean): Scenario => ({
    words: exitWord + 1,
    hasPlainSteps: false,
    prepare: (words) => {
      prepareLane(first, words);
      prepareLane(second, words);
    },
    killable: MEMBER,
    onKill: { word: exitWord, bellTo: HOST },
    make: () => {
      const ran = { first: new Set<number>(), second: new Set<number>() };
      let jobs: readonly NumberedJob[] = [];
      const host: Program = (context) => {
        jobs = Array.from({ length: JOBS }, (_, i) => new NumberedJob(i + 1));
        const old = new HostEnd(context, first, { member: MEMBER });
        const successor = new HostEnd(context, second, { member: SUCCESSOR });
        for (const job of jobs) old.writeTask(job);
        old.flush();
        const giveAgain = (again: readonly NumberedJob[]): void => {
          for (const job of again) assert.notEqual(successor.writeTask(job), null);
          successor.flush();
        };
        const numbered = (job: unknown): NumberedJob => jobs.find((each) => each === job) as NumberedJob;
        // The member is to be ended: what it has not claimed goes to its successor at once, the newest first.
        const again: NumberedJob[] = [];
        for (let entry = old.inFlight.last; entry !== null; entry = old.inFlight.last) {
          const { job } = entry;
          if (!old.recall(entry)) break;
          again.unshift(numbered(job));
        }
        giveAgain(again);
        const drained = ignoresEpochs
          ? new HostEnd(context, first, { member: MEMBER, inFlight: successor.inFlight })
          : old;
        let isReckoned = false;
        const drain = (): number => {
          let seen = successor.drain(() => undefined);
          if (isReckoned) return seen;
          const hasExited = context.memory.load(exitWord) !== 0;
          seen += drained.drain(() => undefined);
          if (!hasExited) return seen;
          isReckoned = true;
          const { again: rest, cutShort } = reckon(old as unknown as Lane);
          for (const { job } of cutShort) numbered(job).endCount++;
          giveAgain(rest.map(numbered));
          return seen + 1;
        };
        const waitForBell = (): void => {
          context.waitForBell();
        };
        hostLoop(waitForBell, {
          drain,
          park: () => {
            old.parked.park();
            successor.parked.park();
          },
          isDone: () => isReckoned && jobs.every(({ endCount }) => endCount > 0),
        });
        // The successor may go.
        context.memory.store(exitWord, 2);
        context.postBell(SUCCESSOR);
      };
      return {
        programs: [
          host,
          member(first, true, JOBS, (number) => ran.first.add(number)),
          member(second, false, JOBS, (number) => ran.second.add(number)),
        ],
        check: ({ isDeadlocked, words }) => {
          assert.ok(!isDeadlocked, 'somebody waits for ever');
          for (const { number, kinds, endCount } of jobs) {
            assert.equal(endCount, 1, 'a job has another number of ends than one');
            assert.ok(
              kinds.every((kind) => kind === number),
              'an outcome was charged to another job',
            );
            assert.ok(!(ran.first.has(number) && ran.second.has(number)), 'a job ran twice');
          }
          const told = jobs.filter(({ kinds, number }) => kinds.length > 0 && ran.first.has(number));
          assert.equal(told.length, publishedRecords(first.outcomes, words), 'a committed outcome was not told');
        },
      };
    },
  });

  it('gives each job one end, its own, wherever the first one stops for ever', () => {
    assert.ok(exploreAll(scenario(false), 1) > 1_000);
    exploreRandom(scenario(false), createSeededRandom(12), 500);
  });

  it('would be caught ignoring the epoch: an outcome is looked up among the jobs of the successor', () => {
    assert.throws(() => {
      exploreAll(scenario(true), 1);
    }, /charged to another job|poisoned|another number of ends/);
  });
});

describe('G13 requests to stop, interleaved', () => {
  const map = mapLane(0, { tasks: 1, replies: 1, outcomes: 2, calls: 1 });

  const scenario = (looksAfterParking: boolean): Scenario => ({
    words: map.endWord,
    hasPlainSteps: false,
    prepare: (words) => {
      prepareLane(map, words);
    },
    make: () => {
      const seen = { reason: 0, wasFound: true };
      const host: Program = (context) => {
        seen.wasFound = true;
        const lane = new HostEnd(context, map, { member: MEMBER });
        const job = new NumberedJob(1);
        const entry = lane.writeTask(job);
        assert.ok(entry !== null);
        lane.flush();
        let hasAsked = false;
        const waitForBell = (): void => {
          context.waitForBell();
        };
        hostLoop(waitForBell, {
          drain: () => {
            const drained = lane.drain(() => undefined);
            if (job.acceptedCount > 0 && !hasAsked && job.endCount === 0) {
              hasAsked = true;
              // As Interrupter.abort: a run that was accepted and has not ended is found, on the stack or awaited.
              const slot = lane.status.slotOf(entry.ticket);
              seen.wasFound &&= slot !== null;
              lane.status.requestAbort(slotOfTicket(entry.ticket), entry.ticket, AbortReason.CANCELLED);
              lane.wake();
            }
            return drained;
          },
          park: () => {
            lane.parked.park();
          },
          isDone: () => job.endCount > 0,
        });
      };
      const member: Program = (context) => {
        seen.reason = AbortReason.NONE;
        const lane = new MemberEnd(context, map, { host: HOST });
        const awaited = new AwaitedRuns(lane.status);
        let isOver = false;
        const start = (ticket: number, status: StatusBlock): void => {
          status.beginRun(ticket, 0);
          lane.outbox.accepted(ticket);
          const followAbort = (): void => {
            seen.reason = status.abortReason(slotOfTicket(ticket), ticket);
            if (seen.reason === AbortReason.NONE) return;
            lane.outbox.outcome(ticket, 1, NOTHING, 0, 0);
            status.endAwaitedRun(ticket);
            isOver = true;
          };
          awaited.add({ ticket, followAbort } as unknown as RunningJob);
          status.awaitRun(ticket);
        };
        while (!isOver) {
          awaited.followAborts();
          if (awaited.size === 0) {
            const task = lane.claimNext();
            if (task !== null) start(task.ticket, lane.status);
          }
          lane.parked.park();
          if (looksAfterParking) awaited.followAborts();
          if (isOver) break;
          if (awaited.size === 0 && lane.tasks.refresh()) lane.parked.unpark();
          else context.waitForBell();
        }
      };
      return {
        programs: [host, member],
        check: ({ isDeadlocked }) => {
          assert.ok(seen.wasFound, 'a run was in no place');
          assert.ok(!isDeadlocked, 'a request was not followed');
          assert.equal(seen.reason, AbortReason.CANCELLED);
        },
      };
    },
  });

  it('finds an accepted run in one place or the other, and the run hears of the request', () => {
    assert.ok(exploreAll(scenario(true), 3) > 1_000);
  });

  it('would be caught not looking for requests after parking', () => {
    assert.throws(() => exploreAll(scenario(false), 2), /a request was not followed/);
  });
});
