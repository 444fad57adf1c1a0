/**
 * The pool of member threads: `Pool` (core/ports/pool.ts) over lanes. It runs on the host thread and ties the parts
 * together: the crew keeps members, the dispatcher fills lanes, host turns drain them, the interrupter ends runs early.
 * It knows bytes and member programs, no tasks.
 */
import { PoolError } from '../../core/kernel/errors.js';
import type { Pool, PoolCapabilities, PoolHandlers, PoolJob, PoolSnapshot } from '../../core/ports/pool.js';
import { Closing } from '../closing.js';
import { Crew } from './crew.js';
import { Dispatcher } from './dispatcher.js';
import { HostTurns } from './host-turns.js';
import { Interrupter } from './interrupter.js';
import { drainLane } from './lane-drain.js';
import type { MemberHandle } from './member-handle.js';
import { checkPoolSize, resolveLanePoolOptions, type LanePoolOptions } from './pool-options.js';
import { tellEnd } from './reckoning.js';
import { StallWatch } from './stall-watch.js';

/**
 * So many jobs are published at once while one turn submits them: members begin with the first while the host writes the
 * next. Smaller batches are no faster (docs/decisions/0024-optimized-code.md).
 */
const BATCH = 256;

const DEAF = 'it takes nothing of what lies in its shared memory';
const SCRIBBLED = 'it wrote what no member writes into its shared memory';

const CAPABILITIES: PoolCapabilities = Object.freeze({
  kind: 'threads',
  endsComputations: true,
  interruptsComputations: true,
  containsCrashes: false,
  replacesMembers: true,
});

export class LanePool implements Pool {
  readonly capabilities = CAPABILITIES;
  readonly #handlers: PoolHandlers;
  readonly #crew: Crew;
  readonly #dispatcher: Dispatcher;
  readonly #stallWatch: StallWatch;
  readonly #turns: HostTurns;
  readonly #interrupter: Interrupter<MemberHandle>;
  readonly #closing: Closing;
  #isFlushScheduled = false;
  #isRoomWanted = false;
  #inFlight = 0;
  /** Jobs submitted since lanes were last published. */
  #unpublished = 0;
  #completed = 0;

  /** @throws ConfigError for options out of range. */
  constructor(options: LanePoolOptions, handlers: PoolHandlers) {
    const resolved = resolveLanePoolOptions(options);
    const { clock } = resolved;
    this.#handlers = handlers;
    this.#dispatcher = new Dispatcher(resolved);
    this.#stallWatch = new StallWatch(clock, this.#relieve, () => this.#dispatcher.patienceMs);
    this.#turns = new HostTurns(
      {
        drain: this.#drain,
        park: this.#park,
        doze: this.#doze,
        restMs: () => this.#dispatcher.restMs,
        nudge: this.#nudge,
        isAlone: () => this.#inFlight === 1,
      },
      clock,
    );
    this.#crew = new Crew(resolved, {
      handlers,
      dispatcher: this.#dispatcher,
      isEnding: () => this.#closing.isEnding,
      drain: this.#drainMember,
      makeRoom: this.#makeRoom,
      onJobsEnded: this.#countEnd,
      onReady: this.#balance,
      onGone: () => {
        this.#closing.changed();
      },
      onBell: this.#turns.wake,
      onReply: this.#scheduleFlush,
      onTimeLimit: (member, entry) => {
        this.#interrupter.end(member, entry, 'time-limit');
      },
    });
    const { departures } = this.#crew;
    this.#interrupter = new Interrupter(clock, {
      drain: this.#drainMember,
      retire: departures.retire,
      terminate: departures.terminate,
      onAbandoned: (member, job, verdict) => {
        tellEnd(job, verdict, member.lostError);
        this.#countEnd(1);
      },
    });
    this.#closing = new Closing(clock, {
      isIdle: () => this.#inFlight === 0,
      isEmpty: () => this.#crew.members.size === 0,
      retireAll: () => {
        this.#turns.setBusy(true);
        departures.retireAll();
      },
      endAll: () => {
        this.#turns.setBusy(true);
        departures.terminateAll();
      },
    });
  }

  async start(timeoutMs: number): Promise<readonly unknown[]> {
    if (!this.#closing.isNew) throw new PoolError('a pool starts once, and not after it was closed');
    this.#closing.open();
    try {
      return await this.#crew.start(timeoutMs);
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
      if (++this.#unpublished === BATCH) this.#publish();
      return true;
    }
    // The lanes are full: nothing is won by waiting for the end of the turn.
    if (this.#unpublished > 0) this.#publish();
    // Whoever waits for room keeps the process alive too: the members may all be starting.
    this.#isRoomWanted = true;
    this.#turns.setBusy(true);
    return false;
  }

  cancel(job: PoolJob, options: { readonly terminate: boolean }): 'recalled' | 'running' | 'unknown' {
    if (this.recall(job)) return 'recalled';
    for (const member of this.#crew.members) {
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
    for (const member of this.#crew.members) {
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
    for (const { lane } of this.#crew.members) {
      const entry = lane.inFlight.findJob(job);
      if (entry !== null) return lane.isClaimed(entry);
    }
    return false;
  }

  snapshot(): PoolSnapshot {
    return {
      ...this.#crew.snapshot(),
      inFlight: this.#inFlight,
      completed: this.#completed,
      laneDepth: this.#dispatcher.depth,
    };
  }

  /** @throws ConfigError when the size is out of range. */
  resize(size: number): void {
    checkPoolSize(size);
    if (this.#closing.isOpen) this.#crew.resize(size);
  }

  renew(data: unknown): Promise<unknown> {
    if (!this.#closing.isOpen) return Promise.reject(new PoolError('a closed pool cannot renew its members'));
    return this.#crew.renew(data);
  }

  async close(timeoutMs: number): Promise<void> {
    const closed = this.#closing.close(timeoutMs);
    this.#crew.giveUp(
      new PoolError('the pool was closed while it started'),
      new PoolError('the pool was closed while its members were renewed'),
    );
    await closed;
    this.#turns.close();
    this.#stallWatch.close();
  }

  readonly #drain = (): number => {
    // Here, not after the outcomes: whoever was told of an outcome has now submitted what follows from it.
    this.#balance();
    let seen = 0;
    for (const member of this.#crew.members) seen += this.#drainMember(member);
    // Also when nothing came: a member skips recalled records without a word, and their room may be what is waited for.
    this.#makeRoom();
    return seen;
  };

  readonly #park = (): void => {
    for (const member of this.#crew.members) member.lane.parked.park();
  };

  readonly #doze = (): void => {
    for (const member of this.#crew.members) member.lane.parked.doze();
  };

  readonly #nudge = (): void => {
    for (const member of this.#crew.members) {
      const { lane, state, deafness } = member;
      // One that computes looks by itself afterwards; in its port the bells of an hour would pile up.
      const isAsked = lane.inFlight.size > 0 || lane.hasUnreleased;
      if (isAsked && !lane.status.isComputing) lane.bellPort.postMessage(0);
      if (state === 'ready' && deafness.look()) this.#crew.departures.terminate(member, 'poisoned', DEAF);
    }
  };

  /** Answers the number of records that the member had sent. */
  readonly #drainMember = (member: MemberHandle): number => {
    const { lane } = member;
    const endedBefore = lane.endedCount;
    const seen = drainLane(member, this.#handlers.onCall);
    const ended = lane.endedCount - endedBefore;
    if (ended > 0) this.#countOutcomes(member, ended);
    if (seen === null) this.#crew.departures.terminate(member, 'poisoned', SCRIBBLED);
    else if (seen > 0) this.#crew.settled(member);
    if (lane.status.wasInterrupted && member.state === 'ready') {
      this.#crew.departures.retire(member, 'interrupted', 'a run of it was interrupted at its soft time limit');
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

  #publish(): void {
    this.#unpublished = 0;
    for (const member of this.#crew.members) member.lane.flush();
  }

  readonly #flush = (): void => {
    this.#isFlushScheduled = false;
    if (this.#dispatcher.hasQueue) this.#stallWatch.arm();
    this.#publish();
    this.#crew.prepareSpares();
  };

  readonly #scheduleFlush = (): void => {
    if (this.#isFlushScheduled) return;
    this.#isFlushScheduled = true;
    // Once for all that this turn of the event loop and its promises submit.
    process.nextTick(this.#flush);
  };

  readonly #makeRoom = (): void => {
    if (this.#dispatcher.giveWaiting()) this.#scheduleFlush();
    if (!this.#isRoomWanted || !this.#dispatcher.hasRoom) return;
    this.#isRoomWanted = false;
    this.#handlers.onRoom();
    this.#restIfIdle();
  };

  readonly #relieve = (): boolean => {
    const isWorthwhile = this.#dispatcher.relieve();
    this.#makeRoom();
    return isWorthwhile;
  };

  readonly #balance = (): void => {
    if (this.#dispatcher.balance()) this.#scheduleFlush();
  };

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
