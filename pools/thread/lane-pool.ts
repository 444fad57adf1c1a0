/**
 * The pool of member threads: `Pool` (core/ports/pool.ts) over lanes. It runs on the host thread and ties the parts
 * together: the roster keeps members, the dispatcher fills lanes, host turns drain them, the interrupter ends runs early,
 * departures let members go. It knows bytes and member programs, no tasks.
 */
import { PoolError } from '../../core/kernel/errors.js';
import type { Pool, PoolCapabilities, PoolHandlers, PoolJob, PoolSnapshot } from '../../core/ports/pool.js';
import { Closing } from '../closing.js';
import { Departures } from './departures.js';
import { Dispatcher } from './dispatcher.js';
import { HostTurns } from './host-turns.js';
import { Interrupter } from './interrupter.js';
import { drainLane } from './lane-drain.js';
import { MemberHandle } from './member-handle.js';
import {
  checkPoolSize,
  resolveLanePoolOptions,
  type LanePoolOptions,
  type ResolvedLanePoolOptions,
} from './pool-options.js';
import { tellEnd } from './reckoning.js';
import { Renewal } from '../renewal.js';
import { Roster } from './roster.js';
import { Startup } from '../startup.js';

const SHRUNK = 'the pool is smaller now';
const SCRIBBLED = 'it wrote what no member writes into its shared memory';

const ENTRY_URL = new URL('./member/entry.js', import.meta.url);

const CAPABILITIES: PoolCapabilities = Object.freeze({
  kind: 'threads',
  endsComputations: true,
  interruptsComputations: true,
  containsCrashes: false,
  replacesMembers: true,
});

export class LanePool implements Pool {
  readonly capabilities = CAPABILITIES;
  readonly #options: ResolvedLanePoolOptions;
  readonly #handlers: PoolHandlers;
  readonly #roster: Roster<MemberHandle>;
  readonly #dispatcher: Dispatcher;
  readonly #turns: HostTurns;
  readonly #startup: Startup;
  readonly #departures: Departures;
  readonly #interrupter: Interrupter<MemberHandle>;
  readonly #closing: Closing;
  readonly #renewal: Renewal<MemberHandle>;
  #readyWithinMs = Infinity;
  #isFlushScheduled = false;
  #isRoomWanted = false;
  #inFlight = 0;
  #completed = 0;

  /** @throws ConfigError for options out of range. */
  constructor(options: LanePoolOptions, handlers: PoolHandlers) {
    this.#options = resolveLanePoolOptions(options);
    this.#handlers = handlers;
    const { clock, random, maxTasksPerMember } = this.#options;
    this.#startup = new Startup(clock);
    this.#dispatcher = new Dispatcher(maxTasksPerMember);
    this.#turns = new HostTurns({ drain: this.#drain, park: this.#park, nudge: this.#nudge }, clock);
    this.#roster = new Roster({ clock, random, spawn: this.#spawn, onChange: this.#onMembers });
    this.#departures = new Departures(this.#roster, this.#dispatcher, {
      isEnding: () => this.#closing.isEnding,
      drain: this.#drainMember,
      makeRoom: this.#makeRoom,
      onJobsEnded: this.#countEnd,
      onLoss: (member, error) => {
        const reason = member.loadError ?? error;
        const isTold = this.#startup.fail(reason) || this.#renewal.fail(member, reason);
        if (!isTold) handlers.onMemberLost(member, error);
      },
      onRetire: (member, cause, detail) => handlers.onRetire?.(member, cause, detail),
    });
    this.#renewal = new Renewal(this.#options.data, clock, {
      startSpare: () => this.#roster.startSpare(),
      retireOthers: (renewed) => {
        for (const member of this.#roster.members)
          if (member !== renewed) this.#departures.retire(member, 'renewed', 'its modules are old');
      },
    });
    this.#interrupter = new Interrupter(clock, {
      drain: this.#drainMember,
      retire: this.#departures.retire,
      terminate: this.#departures.terminate,
      onAbandoned: (member, job, verdict) => {
        tellEnd(job, verdict, member.lostError);
        this.#countEnd(1);
      },
    });
    this.#closing = new Closing(clock, {
      isIdle: () => this.#inFlight === 0,
      isEmpty: () => this.#roster.members.size === 0,
      retireAll: () => {
        this.#turns.setBusy(true);
        this.#departures.retireAll();
      },
      endAll: () => {
        this.#turns.setBusy(true);
        this.#departures.terminateAll();
      },
    });
  }

  async start(timeoutMs: number): Promise<readonly unknown[]> {
    if (!this.#closing.isNew) throw new PoolError('a pool starts once, and not after it was closed');
    this.#closing.open();
    this.#readyWithinMs = timeoutMs;
    const manifests = this.#startup.begin(this.#options.size, timeoutMs);
    this.#roster.resize(this.#options.size);
    try {
      return await manifests;
    } catch (error) {
      await this.close(0);
      throw error;
    }
  }

  submit(job: PoolJob): boolean {
    if (!this.#closing.isOpen) return false;
    if (this.#dispatcher.give(job)) {
      if (this.#inFlight++ === 0) this.#turns.setBusy(true);
      this.#scheduleFlush();
      return true;
    }
    // Whoever waits for room keeps the process alive too: the members may all be starting.
    this.#isRoomWanted = true;
    this.#turns.setBusy(true);
    return false;
  }

  cancel(job: PoolJob, options: { readonly terminate: boolean }): 'recalled' | 'running' | 'unknown' {
    if (this.recall(job)) return 'recalled';
    for (const member of this.#roster.members) {
      const entry = member.lane.inFlight.findJob(job);
      if (entry === null) continue;
      if (options.terminate) this.#interrupter.end(member, entry, 'terminated');
      else this.#interrupter.abort(member, entry);
      return 'running';
    }
    return 'unknown';
  }

  recall(job: PoolJob): boolean {
    if (this.#dispatcher.withdraw(job)) {
      this.#countRecalled();
      return true;
    }
    for (const member of this.#roster.members) {
      const entry = member.lane.inFlight.findJob(job);
      if (entry === null) continue;
      if (!member.lane.recall(entry)) return false;
      member.limits.forget(entry);
      member.assignedCount--;
      this.#countRecalled();
      return true;
    }
    return false;
  }

  isRunning(job: PoolJob): boolean {
    for (const { lane } of this.#roster.members) {
      const entry = lane.inFlight.findJob(job);
      if (entry !== null) return lane.isClaimed(entry);
    }
    return false;
  }

  snapshot(): PoolSnapshot {
    const members = [...this.#roster.members].map((member) => member.snapshot());
    return {
      size: this.#roster.size,
      members,
      inFlight: this.#inFlight,
      completed: this.#completed,
      lost: this.#departures.lostCount,
      recycled: this.#departures.recycledCount,
      retired: this.#departures.retired,
      laneDepth: this.#dispatcher.depth,
      stuckThreads: this.#departures.stuckThreads,
    };
  }

  /** @throws ConfigError when the size is out of range. */
  resize(size: number): void {
    checkPoolSize(size);
    if (!this.#closing.isOpen) return;
    for (const member of this.#roster.resize(size)) this.#departures.retire(member, 'shrunk', SHRUNK);
    this.#startup.resize(size);
  }

  renew(data: unknown): Promise<unknown> {
    if (!this.#closing.isOpen) return Promise.reject(new PoolError('a closed pool cannot renew its members'));
    return this.#renewal.begin(data, this.#readyWithinMs);
  }

  async close(timeoutMs: number): Promise<void> {
    const closed = this.#closing.close(timeoutMs);
    this.#startup.fail(new PoolError('the pool was closed while it started'));
    this.#renewal.fail(null, new PoolError('the pool was closed while its members were renewed'));
    await closed;
    this.#turns.close();
  }

  readonly #spawn = (index: number, epoch: number): MemberHandle => {
    this.#handlers.onSpawn?.();
    return new MemberHandle(
      {
        ...this.#options,
        data: this.#renewal.data,
        index,
        epoch,
        entryUrl: ENTRY_URL,
        readyWithinMs: this.#readyWithinMs,
      },
      {
        onReady: (member, manifest) => {
          this.#startup.ready(member, manifest);
          this.#renewal.ready(member, manifest);
          this.#roster.changed();
          this.#balance();
        },
        onBell: this.#turns.wake,
        onReply: () => {
          this.#scheduleFlush();
        },
        onOutput: this.#handlers.onOutput,
        onGone: (member) => {
          this.#departures.gone(member);
          this.#closing.changed();
        },
        onTimeLimit: (member, entry) => {
          this.#interrupter.end(member, entry, 'time-limit');
        },
      },
    );
  };

  readonly #onMembers = (members: readonly MemberHandle[]): void => {
    this.#dispatcher.setMembers(members);
    this.#renewal.membersChanged();
    this.#makeRoom();
  };

  readonly #drain = (): number => {
    // Here, not after the outcomes: whoever was told of an outcome has now submitted what follows from it.
    this.#balance();
    let seen = 0;
    for (const member of this.#roster.members) seen += this.#drainMember(member);
    // Also when nothing came: a member skips recalled records without a word, and their room may be what is waited for.
    this.#makeRoom();
    return seen;
  };

  readonly #park = (): void => {
    for (const member of this.#roster.members) member.lane.parked.park();
  };

  readonly #nudge = (): void => {
    for (const { lane } of this.#roster.members) if (lane.inFlight.size > 0) lane.bellPort.postMessage(0);
  };

  /** Answers the number of records that the member had sent. */
  readonly #drainMember = (member: MemberHandle): number => {
    const { lane } = member;
    const endedBefore = lane.endedCount;
    const seen = drainLane(member, this.#handlers.onCall);
    const ended = lane.endedCount - endedBefore;
    if (ended > 0) this.#countOutcomes(member, ended);
    if (seen === null) this.#departures.terminate(member, 'poisoned', SCRIBBLED);
    else if (seen > 0) {
      this.#departures.recycleIfUsedUp(member, this.#options.maxTasksPerMember);
      this.#departures.finishIfDone(member);
    }
    if (lane.status.wasInterrupted && member.state === 'ready') {
      this.#departures.retire(member, 'interrupted', 'a run of it was interrupted at its soft time limit');
    }
    return seen ?? 0;
  };

  #countOutcomes(member: MemberHandle, ended: number): void {
    const busyUs = member.lane.status.busyUs;
    this.#dispatcher.learn(ended, (busyUs - member.seenBusyUs) | 0);
    member.seenBusyUs = busyUs;
    this.#completed += ended;
    this.#countEnd(ended);
  }

  readonly #flush = (): void => {
    this.#isFlushScheduled = false;
    for (const member of this.#roster.members) {
      member.lane.flush();
      if (member.assignedCount >= this.#options.maxTasksPerMember) this.#roster.prepareSpare(member);
    }
  };

  #scheduleFlush(): void {
    if (this.#isFlushScheduled) return;
    this.#isFlushScheduled = true;
    // Once for all that this turn of the event loop and its promises submit.
    process.nextTick(this.#flush);
  }

  readonly #makeRoom = (): void => {
    if (this.#dispatcher.giveWaiting()) this.#scheduleFlush();
    if (!this.#isRoomWanted || !this.#dispatcher.hasRoom) return;
    this.#isRoomWanted = false;
    this.#handlers.onRoom();
    this.#restIfIdle();
  };

  #balance(): void {
    if (this.#dispatcher.balance()) this.#scheduleFlush();
  }

  #countRecalled(): void {
    this.#countEnd(1);
    this.#makeRoom();
  }

  readonly #countEnd = (count: number): void => {
    this.#inFlight -= count;
    if (count === 0 || this.#inFlight > 0) return;
    this.#restIfIdle();
    this.#closing.changed();
  };

  #restIfIdle(): void {
    if (this.#inFlight === 0 && !this.#isRoomWanted && this.#closing.isOpen) this.#turns.setBusy(false);
  }
}
