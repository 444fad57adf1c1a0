/**
 * What a member sends: outcomes, accepted marks and calls. A record that finds its ring full is held, and everything
 * behind it too, so that a call never falls behind the outcome of the run that made it. While something is held the
 * member claims no further task (loop.ts): a slow host slows the members, and nothing is dropped (G4).
 */
import { failpoints } from '../../../core/kernel/failpoint.js';
import { Fifo } from '../../../core/kernel/fifo.js';
import type { MemberOutcome } from '../../../core/ports/member-program.js';
import { copyBytes } from '../../ring/payload.js';
import { RecordFlag, RecordKind, RecordWord, makeTag } from '../../ring/record.js';
import type { RingProducer } from '../../ring/ring-producer.js';
import type { BulkExtras } from '../bulk.js';
import type { MemberLane } from './member-lane.js';

interface HeldRecord {
  readonly recordKind: number;
  readonly programKind: number;
  readonly ticket: number;
  readonly callId: number;
  readonly payload: Uint8Array;
  readonly extras: BulkExtras | null;
  /** `RecordFlag` bits beside those that follow from the payload. @defaultValue none */
  readonly flags?: number;
}

const NO_BYTES = new Uint8Array(0);

export class Outbox {
  readonly #lane: MemberLane;
  readonly #held = new Fifo<HeldRecord>();
  /** The record under the pen, and how many its ring had before: the count tells whether it got in (`recover`). */
  #writing: HeldRecord | null = null;
  #committedBefore = 0;
  /** Its payload is on the bulk port already: it must not be given away again if the record is written again. */
  #posted: HeldRecord | null = null;
  #postedId = 0;
  /** Outcomes went out for which no dozing host was woken. */
  #isUnheard = false;

  constructor(lane: MemberLane) {
    this.#lane = lane;
  }

  get isBlocked(): boolean {
    return this.#held.size > 0;
  }

  accepted(ticket: number): void {
    this.#send({ recordKind: RecordKind.ACCEPTED, programKind: 0, ticket, callId: 0, payload: NO_BYTES, extras: null });
  }

  /** Copies the payload; the run's outcome is committed when this returns, or held. */
  outcome(ticket: number, programKind: number, payload: Uint8Array, start: number, end: number): void {
    const { outcomes, memory } = this.#lane;
    const isShort = end - start <= outcomes.maxPayloadBytes;
    if (this.#held.size > 0 || !isShort || !outcomes.reserve(end - start)) {
      const held = payload.slice(start, end);
      this.#send({ recordKind: RecordKind.OUTCOME, programKind, ticket, callId: 0, payload: held, extras: null });
      return;
    }
    failpoints?.reach('ringReserved');
    copyBytes(payload, start, end, memory.bytes, outcomes.payloadByte);
    outcomes.commit(makeTag(RecordKind.OUTCOME, programKind, 0), ticket, end - start);
    outcomes.publish();
    failpoints?.reach('ringCommitted');
    this.#tell();
  }

  /** Before the member waits: a host that dozes must hear now of what it would have found later. */
  announce(): void {
    if (!this.#isUnheard) return;
    this.#isUnheard = false;
    this.#lane.doorbell.ringNow();
  }

  /** An outcome with something given away, or so large that its bytes are given away rather than copied. */
  largeOutcome(ticket: number, outcome: MemberOutcome): void {
    const { kind: programKind, payload, parcel = null, isPayloadOwned = false } = outcome;
    const extras = { parcel, isOwned: isPayloadOwned };
    this.#send({ recordKind: RecordKind.OUTCOME, programKind, ticket, callId: 0, payload, extras });
  }

  /** Committed when this returns, or held; `payload` must not change while it is held. */
  call(callId: number, programKind: number, payload: Uint8Array, ticket: number): void {
    this.#send({ recordKind: RecordKind.CALL, programKind, ticket, callId, payload, extras: null });
  }

  /** As `call`; tells the host that the run takes no slot until the reply. */
  lendingCall(callId: number, programKind: number, payload: Uint8Array, ticket: number): void {
    const flags = RecordFlag.LENDS;
    this.#send({ recordKind: RecordKind.CALL, programKind, ticket, callId, payload, extras: null, flags });
  }

  /** Writes what is held as far as there is room; true when nothing is held any more. */
  flush(): boolean {
    if (this.#held.size === 0) return true;
    for (let record = this.#held.peek(); record !== undefined && this.#write(record); record = this.#held.peek()) {
      this.#held.shift();
      this.#writing = null;
    }
    if (this.#held.size === 0) {
      this.#lane.status.memberWantsRoom = false;
      return true;
    }
    if (this.#lane.status.memberWantsRoom) return false;
    // Told first, then looked at once more: the host may have read everything in between.
    this.#lane.status.memberWantsRoom = true;
    this.#lane.doorbell.ringNow();
    return this.flush();
  }

  /**
   * After an interrupt, wherever in this file it struck: what was committed is published, what is held is sent once, and
   * the host wakes. A record that was neither belongs to a call that never returned: it was not made.
   */
  recover(): void {
    const { outcomes, calls, doorbell } = this.#lane;
    const record = this.#writing;
    if (record !== null && this.#ringOf(record).committedCount !== this.#committedBefore) {
      if (this.#held.peek() === record) this.#held.shift();
    }
    this.#writing = null;
    outcomes.publish();
    calls.publish();
    this.flush();
    doorbell.ringAnyway();
  }

  #bulkIdOf(record: HeldRecord): number {
    if (this.#posted !== record) {
      this.#postedId = this.#lane.bulkSender.send(record.payload, record.extras ?? undefined);
      this.#posted = record;
    }
    return this.#postedId;
  }

  #ringOf(record: HeldRecord): RingProducer {
    return record.recordKind === RecordKind.CALL ? this.#lane.calls : this.#lane.outcomes;
  }

  #send(record: HeldRecord): void {
    if (this.#held.size > 0 || !this.#write(record)) {
      this.#held.push(record);
      this.flush();
    }
    this.#writing = null;
  }

  #write(record: HeldRecord): boolean {
    const ring = this.#ringOf(record);
    const memory = this.#lane.memory;
    const { payload, extras, flags = 0 } = record;
    const isBulk = payload.length > ring.maxPayloadBytes || (extras?.parcel ?? null) !== null;
    const payloadBytes = isBulk ? 0 : payload.length;
    if (!ring.reserve(payloadBytes)) return false;
    memory.write(ring.word + RecordWord.HEAD_BYTES, record.callId);
    memory.write(ring.word + RecordWord.BULK_ID, isBulk ? this.#bulkIdOf(record) : 0);
    if (!isBulk) copyBytes(payload, 0, payloadBytes, memory.bytes, ring.payloadByte);
    const tag = makeTag(record.recordKind, record.programKind, isBulk ? flags | RecordFlag.BULK : flags);
    this.#committedBefore = ring.committedCount;
    this.#writing = record;
    ring.commit(tag, record.ticket, payloadBytes);
    this.#posted = null;
    ring.publish();
    // A run waits for the answer to its call.
    if (record.recordKind === RecordKind.CALL) this.#lane.doorbell.ringNow();
    else this.#tell();
    return true;
  }

  /** Of what a dozing host may find by itself, unless the member waits before (`announce`). */
  #tell(): void {
    this.#lane.doorbell.ring();
    this.#isUnheard = true;
  }
}
