/**
 * The pool of member threads: `Pool` (core/ports/pool.ts) over lanes. It runs on the host thread and ties the parts
 * together: the roster keeps members, the dispatcher fills lanes, host turns drain them, and what a dead member held is
 * sorted here into lost and run again. It knows bytes and member programs, no tasks.
 */
import { PoolError } from '../../core/kernel/errors.js';
import type { Pool, PoolHandlers, PoolJob, PoolSnapshot } from '../../core/ports/pool.js';
import { AbortReason, SlotPhase } from '../ring/status-block.js';
import { Dispatcher } from './dispatcher.js';
import { HostTurns } from './host-turns.js';
import type { InFlightEntry, Verdict } from './in-flight.js';
import { drainLane } from './lane-drain.js';
import { MemberHandle } from './member-handle.js';
import { resolveLanePoolOptions, type LanePoolOptions, type ResolvedLanePoolOptions } from './pool-options.js';
import { reckon, tellEnd, tellNeverStarted } from './reckoning.js';
import { Roster } from './roster.js';
import { Startup } from './startup.js';

/** How long a member's event loop may not turn, once that matters. */
const STUCK_AFTER_MS = 500;
/** Between a claim and the stamp of its start lie microseconds. */
const ABORT_RETRY_MS = 2;
const ENTRY_URL = new URL('./member/entry.js', import.meta.url);

export class LanePool implements Pool {
  readonly #options: ResolvedLanePoolOptions;
  readonly #handlers: PoolHandlers;
  readonly #roster: Roster<MemberHandle>;
  readonly #dispatcher: Dispatcher;
  readonly #turns: HostTurns;
  readonly #startup: Startup;
  /** Jobs that a member gave back, ahead of new ones. */
  #waiting: PoolJob[] = [];
  #state: 'new' | 'open' | 'closing' = 'new';
  #isFlushScheduled = false;
  #isRoomWanted = false;
  #inFlight = 0;
  #completed = 0;
  #lost = 0;
  #recycled = 0;
  #closing: Promise<void> | null = null;
  #onIdle: (() => void) | null = null;
  #onEmpty: (() => void) | null = null;

  /** @throws ConfigError for options out of range. */
  constructor(options: LanePoolOptions, handlers: PoolHandlers) {
    this.#options = resolveLanePoolOptions(options);
    this.#handlers = handlers;
    const { clock, random } = this.#options;
    this.#startup = new Startup(clock);
    this.#dispatcher = new Dispatcher(this.#options.maxTasksPerMember);
    this.#turns = new HostTurns({ drain: this.#drain, park: this.#park, nudge: this.#nudge }, clock);
    this.#roster = new Roster({
      clock,
      random,
      spawn: (index, epoch) => this.#spawn(index, epoch),
      onChange: (members) => {
        this.#dispatcher.setMembers(members);
        this.#makeRoom();
      },
    });
  }

  async start(timeoutMs: number): Promise<readonly unknown[]> {
    if (this.#state !== 'new') throw new PoolError('a pool starts once');
    this.#state = 'open';
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
    if (this.#state !== 'open') return false;
    if (this.#waiting.length === 0 && this.#dispatcher.give(job) !== null) {
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
    const at = this.#waiting.indexOf(job);
    if (at !== -1) {
      this.#waiting.splice(at, 1);
      this.#countEnd(1);
      return 'recalled';
    }
    for (const member of this.#roster.members) {
      const entry = member.lane.inFlight.findJob(job);
      if (entry !== null) return this.#cancelEntry(member, entry, options.terminate);
    }
    return 'unknown';
  }

  snapshot(): PoolSnapshot {
    const members = [...this.#roster.members].map(({ index, epoch, threadId }) => ({ index, epoch, threadId }));
    return {
      size: this.#roster.size,
      members,
      inFlight: this.#inFlight,
      completed: this.#completed,
      lost: this.#lost,
      recycled: this.#recycled,
    };
  }

  resize(size: number): void {
    if (this.#state !== 'open') return;
    for (const member of this.#roster.resize(size)) this.#retire(member);
  }

  async close(timeoutMs: number): Promise<void> {
    const deadline = this.#options.clock.after(timeoutMs, () => {
      this.#terminateAll();
    });
    this.#closing ??= this.#close();
    await this.#closing;
    deadline.cancel();
  }

  async #close(): Promise<void> {
    this.#state = 'closing';
    this.#startup.fail(new PoolError('the pool was closed while it started'));
    const idle = new Promise<void>((resolve) => (this.#onIdle = resolve));
    const empty = new Promise<void>((resolve) => (this.#onEmpty = resolve));
    if (this.#inFlight > 0) await idle;
    this.#roster.close();
    this.#turns.setBusy(true);
    for (const member of this.#roster.members) this.#retire(member);
    if (this.#roster.members.size > 0) await empty;
    this.#turns.close();
  }

  #spawn(index: number, epoch: number): MemberHandle {
    return new MemberHandle(
      { ...this.#options, index, epoch, entryUrl: ENTRY_URL },
      {
        onReady: (member, manifest) => {
          this.#startup.ready(member, manifest);
          this.#roster.changed();
          this.#balance();
        },
        onBell: this.#turns.wake,
        onReply: () => {
          this.#scheduleFlush();
        },
        onOutput: this.#handlers.onOutput,
        onGone: this.#onGone,
        onTimeLimit: (member, entry) => {
          this.#endRun(member, entry, 'time-limit');
        },
      },
    );
  }

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
  #drainMember(member: MemberHandle): number {
    const { lane } = member;
    const endedBefore = lane.endedCount;
    const seen = drainLane(member, this.#handlers.onCall);
    const ended = lane.endedCount - endedBefore;
    if (ended > 0) this.#countOutcomes(member, ended);
    if (seen === null) member.terminate('it wrote what no member writes into its shared memory');
    else if (seen > 0) {
      this.#recycleIfUsedUp(member);
      this.#finishIfDone(member);
    }
    return seen ?? 0;
  }

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

  #makeRoom(): void {
    if (this.#waiting.length > 0) this.#giveWaiting();
    if (!this.#isRoomWanted || this.#waiting.length > 0 || !this.#dispatcher.hasRoom) return;
    this.#isRoomWanted = false;
    this.#handlers.onRoom();
    this.#restIfIdle();
  }

  #giveWaiting(): void {
    const given = this.#waiting.findIndex((job) => this.#dispatcher.give(job) === null);
    this.#waiting = given === -1 ? [] : this.#waiting.slice(given);
    this.#scheduleFlush();
  }

  #balance(): void {
    if (this.#waiting.length > 0) return;
    this.#waiting.push(...this.#dispatcher.takeForIdle());
    if (this.#waiting.length > 0) this.#giveWaiting();
  }

  #cancelEntry(member: MemberHandle, entry: InFlightEntry, isTerminate: boolean): 'recalled' | 'running' {
    if (member.lane.recall(entry)) {
      member.limits.forget(entry);
      member.assignedCount--;
      this.#countEnd(1);
      this.#makeRoom();
      return 'recalled';
    }
    if (isTerminate) this.#endRun(member, entry, 'terminated');
    else this.#requestAbort(member, entry);
    return 'running';
  }

  #requestAbort(member: MemberHandle, entry: InFlightEntry): void {
    const { status, inFlight } = member.lane;
    const { ticket } = entry;
    const slot = status.slotOf(ticket);
    if (slot !== null) {
      status.requestAbort(slot, ticket, AbortReason.CANCELLED);
      member.lane.wake();
      return;
    }
    // Claimed, and not in its slot yet, or ended and not drained yet.
    const again = (): void => {
      if (inFlight.find(ticket) === entry) this.#requestAbort(member, entry);
    };
    this.#options.clock.after(ABORT_RETRY_MS, again, { keepsAlive: false });
  }

  /** Cuts a run short: a computing member is terminated, a waiting promise is left behind and its member retired. */
  #endRun(member: MemberHandle, entry: InFlightEntry, verdict: Verdict): void {
    const { status, inFlight } = member.lane;
    const slot = status.slotOf(entry.ticket);
    const { job } = entry;
    if (slot === null || status.phase(slot) !== SlotPhase.ASYNC || job === null) {
      entry.verdict = verdict;
      member.terminate(verdict === 'time-limit' ? 'a job ran into its time limit' : 'a job was terminated');
      return;
    }
    this.#requestAbort(member, entry);
    inFlight.abandon(entry);
    tellEnd(job, verdict, member.lostError);
    this.#countEnd(1);
    this.#retire(member);
    this.#terminateIfStuck(member);
  }

  /** A loop that does not turn would keep its neighbours for ever: then they are lost with it. */
  #terminateIfStuck(member: MemberHandle): void {
    const heartbeat = member.lane.status.heartbeat;
    member.lane.wake();
    const look = (): void => {
      if (member.lane.status.heartbeat === heartbeat) member.terminate('its event loop is stuck');
    };
    this.#options.clock.after(STUCK_AFTER_MS, look, { keepsAlive: false });
  }

  /** Two-phase: no new jobs, unclaimed ones go elsewhere, then its program closes. */
  #retire(member: MemberHandle): void {
    if (member.state === 'spawning') member.terminate('it is not needed');
    if (member.state !== 'ready') return;
    member.retire();
    this.#roster.prepareSpare(member);
    this.#roster.changed();
    this.#waiting.unshift(...this.#dispatcher.takeBack(member, Infinity));
    this.#finishIfDone(member);
    this.#makeRoom();
  }

  #recycleIfUsedUp(member: MemberHandle): void {
    if (member.assignedCount < this.#options.maxTasksPerMember || member.lane.inFlight.size > 0) return;
    this.#recycled++;
    this.#retire(member);
  }

  #finishIfDone(member: MemberHandle): void {
    if (member.state !== 'retiring' || member.lane.inFlight.size > 0) return;
    member.finish();
    this.#roster.release(member);
  }

  readonly #onGone = (member: MemberHandle): void => {
    // What it had committed before it ended counts: calls are carried out, outcomes stand.
    const endedBefore = member.lane.endedCount;
    drainLane(member, this.#handlers.onCall);
    const ended = member.lane.endedCount - endedBefore;
    const error = member.lostError;
    const reckoning = reckon(member.lane, error);
    this.#completed += ended;
    this.#lost += reckoning.lostCount;
    this.#waiting.unshift(...reckoning.again);
    const isLoss = member.endReason === null && !member.hasFinished;
    if (!this.#startup.fail(member.loadError ?? error) && isLoss) this.#handlers.onMemberLost(member, error);
    this.#roster.gone(member, !isLoss || member.lane.status.completed > 0);
    this.#countEnd(ended + reckoning.endedCount);
    this.#makeRoom();
    if (this.#roster.members.size === 0) this.#onEmpty?.();
  };

  #terminateAll(): void {
    const never = this.#waiting;
    this.#waiting = [];
    for (const member of this.#roster.members) {
      never.push(...this.#dispatcher.takeBack(member, Infinity));
      for (let entry = member.lane.inFlight.first; entry !== null; entry = entry.next) entry.verdict = 'terminated';
      member.terminate('the pool was closed');
    }
    for (const job of never) tellNeverStarted(job);
    this.#countEnd(never.length);
  }

  #countEnd(count: number): void {
    this.#inFlight -= count;
    if (count === 0 || this.#inFlight > 0) return;
    this.#restIfIdle();
    this.#onIdle?.();
  }

  #restIfIdle(): void {
    if (this.#inFlight === 0 && !this.#isRoomWanted && this.#state === 'open') this.#turns.setBusy(false);
  }
}
