/**
 * The member's loop: claims records one after the other, runs them, sends their outcomes, and parks in the event loop
 * when there is nothing to do. It runs in turns: one per bell, per settled promise, or per yield.
 *
 * It parks in the event loop and not in `Atomics.wait`, so that the sockets and timers of tasks live on between tasks.
 */
import { getHeapStatistics } from 'node:v8';
import type { Clock } from '../../../core/kernel/clock.js';
import { PoolError } from '../../../core/kernel/errors.js';
import { failpoints } from '../../../core/kernel/failpoint.js';
import type { MemberOutcome, MemberProgram } from '../../../core/ports/member-program.js';
import { readText } from '../../ring/payload.js';
import { RecordFlag, RecordWord } from '../../ring/record.js';
import { HostCommand } from '../../ring/status-block.js';
import type { HostLink } from './link.js';
import type { MemberLane } from './member-lane.js';
import type { Outbox } from './outbox.js';
import { RunningJob } from './running-job.js';

/** A member that never waits still lets timers and sockets have a turn this often. */
const YIELD_AFTER_MS = 10;
/** Looking at the heap costs 2 µs. */
const HEAP_STAMP_MS = 1_000;

export class MemberLoop {
  readonly #lane: MemberLane;
  readonly #outbox: Outbox;
  readonly #link: HostLink;
  readonly #clock: Clock;
  readonly #freeSlots: number[];
  readonly #running: (RunningJob | null)[];
  readonly #onRetire: () => void;
  readonly #onBroken: (error: unknown) => void;
  #runningCount = 0;
  #program: MemberProgram | null = null;
  #nowMs = 0;
  #turnStartMs = 0;
  #completed = 0;
  #heapStampedMs = -Infinity;
  #isInTurn = false;
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
      readonly link: HostLink;
      readonly clock: Clock;
      readonly onRetire: () => void;
      readonly onBroken: (error: unknown) => void;
    },
  ) {
    this.#lane = lane;
    this.#outbox = parts.outbox;
    this.#link = parts.link;
    this.#clock = parts.clock;
    this.#onRetire = parts.onRetire;
    this.#onBroken = parts.onBroken;
    const slotCount = lane.status.slotCount;
    this.#freeSlots = Array.from({ length: slotCount }, (_, slot) => slotCount - 1 - slot);
    this.#running = Array.from({ length: slotCount }, () => null);
  }

  /** Tasks are claimed from here on. */
  begin(program: MemberProgram): void {
    this.#program = program;
    this.wake();
  }

  /** A fresh turn of the event loop: a bell, or after a yield. */
  readonly wake = (): void => {
    this.#isYielding = false;
    this.#turnStartMs = this.#clock.nowMonoMs();
    this.#lane.status.heartbeat++;
    this.#turn();
  };

  #turn(): void {
    if (this.#isInTurn || this.#isYielding) return;
    this.#isInTurn = true;
    this.#nowMs = this.#clock.nowMonoMs();
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
      if (this.#nowMs - this.#turnStartMs > YIELD_AFTER_MS) {
        this.#isYielding = true;
        setImmediate(this.wake);
        return;
      }
    }
  }

  get #canClaim(): boolean {
    return this.#program !== null && !this.#isRetired && this.#freeSlots.length > 0 && !this.#outbox.isBlocked;
  }

  /** True when the loop may return to the event loop and wait for a bell. */
  #park(): boolean {
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
    this.#stampHeap();
    this.#retireIfAsked();
    return true;
  }

  /** Recalled records end without an outcome, and their room may be what the host waits for. */
  #tellSkipped(): void {
    if (!this.#hasSkipped) return;
    this.#hasSkipped = false;
    this.#lane.doorbell.ring();
  }

  #followAborts(): void {
    if (this.#runningCount > 0) for (const job of this.#running) job?.followAbort();
  }

  #stampHeap(): void {
    if (this.#nowMs - this.#heapStampedMs < HEAP_STAMP_MS) return;
    this.#heapStampedMs = this.#nowMs;
    this.#lane.status.heapKib = getHeapStatistics().used_heap_size / 1024;
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
      tasks.release();
      this.#hasSkipped = true;
      return;
    }
    failpoints?.reach('afterRecordBeforeRun');
    const job = this.#openJob(bulk);
    this.#run(job, (tasks.tag & RecordFlag.WANTS_ACCEPTED) !== 0);
    // A pending promise may still read its body; with several slots it has a copy.
    if (this.#running[job.slot] !== job || this.#running.length > 1) tasks.release();
  }

  #openJob(bulk: Buffer | null): RunningJob {
    const { tasks, memory, status } = this.#lane;
    let bytes = bulk ?? memory.bytes;
    let start = bulk === null ? tasks.payloadByte : 0;
    let end = bulk === null ? start + tasks.payloadBytes : bulk.length;
    const bodyStart = start + tasks.field(RecordWord.HEAD_BYTES);
    const head = readText(bytes, start, bodyStart, (tasks.tag & RecordFlag.ASCII_HEAD) !== 0);
    start = bodyStart;
    if (bulk === null && status.slotCount > 1) {
      // With several slots the room of this record is given back while its promise is pending.
      bytes = Buffer.from(bytes.subarray(start, end));
      start = 0;
      end = bytes.length;
    }
    return new RunningJob(status, {
      ticket: tasks.field(RecordWord.TICKET),
      slot: this.#freeSlots.pop() as number,
      head,
      softTimeLimitMs: tasks.field(RecordWord.EXTRA),
      bodySource: bytes,
      bodyStart: start,
      bodyEnd: end,
    });
  }

  #run(job: RunningJob, wantsAccepted: boolean): void {
    const { status } = this.#lane;
    this.#running[job.slot] = job;
    this.#runningCount++;
    status.beginRun(job.slot, job.ticket, this.#nowMs);
    // After the slot shows the ticket: whoever is told may cancel at once.
    if (wantsAccepted) this.#outbox.accepted(job.ticket);
    let outcome: MemberOutcome | Promise<MemberOutcome>;
    try {
      outcome = (this.#program as MemberProgram).run(job);
    } catch (error) {
      this.#onBroken(error);
      return;
    }
    const startedMs = this.#nowMs;
    this.#nowMs = this.#clock.nowMonoMs();
    status.busyUs += (this.#nowMs - startedMs) * 1000;
    if (outcome instanceof Promise) {
      status.awaitRun(job.slot);
      this.#awaitOutcome(job, outcome);
    } else this.#end(job, outcome);
  }

  #awaitOutcome(job: RunningJob, promise: Promise<MemberOutcome>): void {
    promise.then((outcome) => {
      this.#end(job, outcome);
      this.#lane.tasks.release();
      this.#turn();
    }, this.#onBroken);
  }

  #end(job: RunningJob, outcome: MemberOutcome): void {
    const { payload } = outcome;
    this.#outbox.outcome(
      job.ticket,
      outcome.kind,
      payload,
      outcome.payloadStart ?? 0,
      outcome.payloadEnd ?? payload.length,
    );
    this.#lane.status.endRun(job.slot);
    this.#lane.status.completed = ++this.#completed;
    this.#running[job.slot] = null;
    this.#runningCount--;
    this.#freeSlots.push(job.slot);
  }
}
