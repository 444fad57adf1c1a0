/**
 * The member's loop: claims records one after the other, runs them, sends their outcomes, and parks in the event loop
 * when there is nothing to do. It runs in turns: one per bell, per settled promise, or per yield.
 *
 * It parks in the event loop and not in `Atomics.wait`, so that the sockets and timers of tasks live on between tasks; after
 * a few tasks it may wait awake for the next, for microseconds (awake-wait.ts).
 */
import type { Clock } from '../../../core/kernel/clock.js';
import { PoolError } from '../../../core/kernel/errors.js';
import { failpoints } from '../../../core/kernel/failpoint.js';
import type { MemberOutcome, MemberProgram } from '../../../core/ports/member-program.js';
import type { CleanContext } from '../../clean-context.js';
import { readText } from '../../ring/payload.js';
import { NO_TICKET, RecordFlag, RecordWord, graceMsOf } from '../../ring/record.js';
import type { Guard } from '../../guard.js';
import { HostCommand } from '../../ring/status-block.js';
import { AwakeWait } from './awake-wait.js';
import type { AwaitedRuns } from './awaited-runs.js';
import type { HostLink } from './link.js';
import type { MemberLane } from './member-lane.js';
import type { MemoryWatch } from './memory-watch.js';
import type { Outbox } from './outbox.js';
import { RunningJob, type RunningJobParts } from './running-job.js';

/** A member that never waits still lets timers and sockets have a turn this often. */
const YIELD_AFTER_MS = 10;
/** Most tasks in a row after which a member waits awake: after larger batches the host is busy for longer than that. */
const MAX_BURST = 64;

export class MemberLoop {
  readonly #lane: MemberLane;
  readonly #outbox: Outbox;
  readonly #link: HostLink;
  readonly #clock: Clock;
  readonly #context: CleanContext;
  readonly #awaited: AwaitedRuns;
  readonly #awakeWait: AwakeWait;
  readonly #memory: MemoryWatch;
  readonly #jobParts: RunningJobParts;
  readonly #onRetire: () => void;
  readonly #onBroken: (error: unknown) => void;
  #program: MemberProgram | null = null;
  #nowMs = 0;
  #turnStartMs = 0;
  #completed = 0;
  #runsSinceWait = 0;
  /** Whole microseconds go to the status block: a run of a fraction of one counts, too. */
  #busyUs = 0;
  #isInTurn = false;
  /** The parked word was stored, and no turn has begun since. */
  #isParked = false;
  #isYielding = false;
  #isRetired = false;
  #hasSkipped = false;

  /**
   * @param parts.onRetire called once, when the host has asked for it and nothing is left to do
   * @param parts.onBroken ends the member; does not return
   */
  constructor(
    lane: MemberLane,
    parts: {
      readonly outbox: Outbox;
      readonly awaited: AwaitedRuns;
      readonly guard: Guard;
      readonly link: HostLink;
      readonly clock: Clock;
      readonly context: CleanContext;
      readonly memory: MemoryWatch;
      readonly onRetire: () => void;
      readonly onBroken: (error: unknown) => void;
    },
  ) {
    this.#lane = lane;
    this.#outbox = parts.outbox;
    this.#jobParts = { status: lane.status, guard: parts.guard };
    this.#link = parts.link;
    this.#clock = parts.clock;
    this.#context = parts.context;
    this.#memory = parts.memory;
    this.#onRetire = parts.onRetire;
    this.#onBroken = parts.onBroken;
    this.#awaited = parts.awaited;
    this.#awaited.onLent = this.#onLent;
    this.#awakeWait = new AwakeWait(lane.tasks, parts.clock);
  }

  /** Tasks are claimed from here on. */
  begin(program: MemberProgram): void {
    this.#program = program;
    if (this.#context.isDirty) this.#context.clean();
    this.wake();
  }

  /** Of the run whose code is executing, as far as that can be known. */
  get currentTicket(): number {
    const onStack = this.#lane.status.ticketOnStack;
    if (onStack !== NO_TICKET) return onStack;
    const job = this.#program?.currentJob?.() ?? (this.#lane.slotCount === 1 ? this.#awaited.first : null);
    return job instanceof RunningJob ? job.ticket : NO_TICKET;
  }

  /**
   * A bell. A port hands over all of its messages in one turn of the event loop, so a bell must not start over what has
   * yielded: a member whose asynchronous tasks end at once would hear them without end, and its timers would never fire.
   */
  readonly wake = (): void => {
    if (!this.#isYielding) this.#startTurn();
  };

  readonly #goOn = (): void => {
    this.#isYielding = false;
    this.#startTurn();
  };

  /** A run lends its slot, on the stack or between two awaits: what waits in the ring has its turn when the stack is free. */
  readonly #onLent = (): void => {
    if (this.#isInTurn) return;
    if (!this.#awaited.holdsRing) this.#lane.tasks.release();
    setImmediate(this.wake);
  };

  #startTurn(): void {
    this.#turnStartMs = this.#clock.nowMonoMs();
    this.#lane.status.heartbeat++;
    this.#memory.look(this.#turnStartMs);
    this.#turn();
  }

  #turn(): void {
    if (this.#isInTurn || this.#isYielding) return;
    this.#isInTurn = true;
    this.#nowMs = this.#clock.nowMonoMs();
    if (this.#isParked) {
      // Woken by a promise and not by a bell: the host need not ring while this turn lasts.
      this.#isParked = false;
      this.#lane.parked.unpark();
    }
    do this.#work();
    while (!this.#isYielding && !this.#park());
    this.#isInTurn = false;
  }

  #work(): void {
    this.#link.readReplies();
    this.#followAborts();
    this.#outbox.flush();
    while (this.#canClaim && this.#enterNextRecord()) {
      this.#runRecord();
      this.#runsSinceWait++;
      if (this.#nowMs - this.#turnStartMs > YIELD_AFTER_MS) {
        this.#isYielding = true;
        setImmediate(this.#goOn);
        return;
      }
    }
  }

  get #canClaim(): boolean {
    const hasSlot = this.#awaited.takenSlots < this.#lane.slotCount;
    // Who was struck runs nothing new: the host replaces it (guard.ts).
    const isFit = !this.#isRetired && !this.#jobParts.guard.hasStruck;
    return this.#program !== null && isFit && hasSlot && !this.#outbox.isBlocked;
  }

  /** True when the loop may return to the event loop and wait for a bell. */
  #park(): boolean {
    if (!this.#hasMoreInRing) this.#outbox.announce();
    if (this.#waitsAwake()) return false;
    this.#lane.parked.park();
    const hasWork = this.#lane.replies.refresh() || (this.#outbox.isBlocked && this.#outbox.flush()) || this.#hasTask;
    if (hasWork) {
      this.#lane.parked.unpark();
      return false;
    }
    if (this.#lane.isPoisoned) this.#onBroken(new PoolError('the shared memory of this member was scribbled on'));
    this.#tellSkipped();
    // Like the rings: what was asked before the parked word was stored has rung no bell.
    this.#followAborts();
    this.#memory.look(this.#nowMs);
    this.#retireIfAsked();
    this.#isParked = true;
    return true;
  }

  /** True when the next task has come meanwhile. */
  #waitsAwake(): boolean {
    const runs = this.#runsSinceWait;
    this.#runsSinceWait = 0;
    if (runs === 0 || runs > MAX_BURST || this.#awaited.size > 0) return false;
    if (!this.#canClaim || !this.#awakeWait.bringsTask()) return false;
    this.#nowMs = this.#clock.nowMonoMs();
    return true;
  }

  /** Recalled records end without an outcome, and their room may be what the host waits for. */
  #tellSkipped(): void {
    if (!this.#hasSkipped) return;
    this.#hasSkipped = false;
    this.#lane.doorbell.ringNow();
  }

  #followAborts(): void {
    this.#awaited.followAborts();
    // Listeners of signals are code of users.
    if (this.#context.isDirty) this.#context.clean();
  }

  /** Only a slot is missing: awaited runs will go on with what lies in the ring. */
  get #hasMoreInRing(): boolean {
    const isHealthy = !this.#isRetired && !this.#outbox.isBlocked && !this.#jobParts.guard.hasStruck;
    return this.#awaited.size > 0 && isHealthy && this.#lane.tasks.refresh();
  }

  get #hasTask(): boolean {
    return this.#canClaim && this.#lane.tasks.refresh();
  }

  #retireIfAsked(): void {
    const isAsked = this.#lane.status.command === HostCommand.RETIRE;
    if (!isAsked || this.#isRetired || this.#outbox.isBlocked) return;
    this.#isRetired = true;
    this.#onRetire();
  }

  #enterNextRecord(): boolean {
    const { tasks } = this.#lane;
    if (tasks.next()) return true;
    return tasks.refresh() && tasks.next();
  }

  #runRecord(): void {
    const { tasks } = this.#lane;
    const isBulk = (tasks.tag & RecordFlag.BULK) !== 0;
    // A recalled record's buffer is taken too, so that it can be freed.
    const bulk = isBulk ? this.#lane.bulkReceiver.take(tasks.field(RecordWord.BULK_ID)) : null;
    if (!this.#lane.claim()) {
      if (isBulk) this.#lane.bulkReceiver.dropParcel();
      tasks.release();
      this.#hasSkipped = true;
      return;
    }
    failpoints?.reach('afterRecordBeforeRun');
    this.#run(this.#openJob(bulk), (tasks.tag & RecordFlag.WANTS_ACCEPTED) !== 0);
    // A pending promise may still read its body.
    if (!this.#awaited.holdsRing) tasks.release();
  }

  #openJob(bulk: Buffer | null): RunningJob {
    const { tasks, memory, slotCount } = this.#lane;
    let bytes = bulk ?? memory.bytes;
    let start = bulk === null ? tasks.payloadByte : 0;
    let end = bulk === null ? start + tasks.payloadBytes : bulk.length;
    const bodyStart = start + tasks.field(RecordWord.HEAD_BYTES);
    const head =
      bulk === null
        ? readText(bytes, start, bodyStart, (tasks.tag & RecordFlag.ASCII_HEAD) !== 0)
        : this.#lane.bulkReceiver.head;
    start = bodyStart;
    const isInRing = bulk === null && slotCount === 1;
    if (bulk === null && !isInRing) {
      // With several slots the room of this record is given back while its promise is pending.
      bytes = Buffer.from(bytes.subarray(start, end));
      start = 0;
      end = bytes.length;
    }
    return new RunningJob(this.#jobParts, {
      ticket: tasks.field(RecordWord.TICKET),
      head,
      softTimeLimitMs: tasks.field(RecordWord.EXTRA),
      graceMs: graceMsOf(tasks.tag),
      startedMs: this.#nowMs,
      bodySource: bytes,
      bodyStart: start,
      bodyEnd: end,
      isInRing,
    });
  }

  #run(job: RunningJob, wantsAccepted: boolean): void {
    const { status } = this.#lane;
    status.beginRun(job.ticket, this.#nowMs);
    // After the status shows the ticket: whoever is told may cancel at once.
    if (wantsAccepted) this.#outbox.accepted(job.ticket);
    let outcome: MemberOutcome | Promise<MemberOutcome>;
    try {
      outcome = (this.#program as MemberProgram).run(job);
    } catch (error) {
      this.#onBroken(error);
      return;
    }
    // Before a promise is made here: its continuation goes on to the next record.
    if (this.#context.isDirty) this.#context.clean();
    const startedMs = this.#nowMs;
    this.#nowMs = this.#clock.nowMonoMs();
    this.#busyUs += (this.#nowMs - startedMs) * 1000;
    status.busyUs = this.#busyUs;
    if (outcome instanceof Promise) {
      this.#awaited.add(job);
      status.awaitRun(job.ticket);
      this.#awaitOutcome(job, outcome);
    } else {
      this.#sendOutcome(job, outcome);
      if (job.openWaits > 0) this.#awaited.delete(job);
      status.endRun();
      status.completed = ++this.#completed;
    }
  }

  #awaitOutcome(job: RunningJob, promise: Promise<MemberOutcome>): void {
    promise.then((outcome) => {
      const { status, tasks } = this.#lane;
      this.#sendOutcome(job, outcome);
      this.#awaited.delete(job);
      status.endAwaitedRun(job.ticket);
      status.completed = ++this.#completed;
      if (!this.#awaited.holdsRing) tasks.release();
      this.#turn();
    }, this.#onBroken);
  }

  #sendOutcome(job: RunningJob, outcome: MemberOutcome): void {
    const { payload } = outcome;
    if (outcome.isPayloadOwned === true || outcome.parcel !== undefined) {
      this.#outbox.largeOutcome(job.ticket, outcome);
      return;
    }
    this.#outbox.outcome(
      job.ticket,
      outcome.kind,
      payload,
      outcome.payloadStart ?? 0,
      outcome.payloadEnd ?? payload.length,
    );
  }
}
