/** The program's way to the host: calls out, replies in. One per member. */
import type { MessagePort } from 'node:worker_threads';
import type { MemberJob, MemberLink } from '../../../core/ports/member-program.js';
import { NO_TICKET, RecordFlag, RecordWord } from '../../ring/record.js';
import { errorOfText, type ErrorText } from '../../error-text.js';
import type { MemberBoot } from '../messages.js';
import type { AwaitedRuns } from './awaited-runs.js';
import type { MemberLane } from './member-lane.js';
import type { Outbox } from './outbox.js';
import { RunningJob } from './running-job.js';

interface OpenCall {
  /** The run that takes no slot until the reply; null for a usual call. */
  readonly lender: RunningJob | null;
  readonly resolve: (payload: Uint8Array) => void;
  readonly reject: (error: Error) => void;
}

export class HostLink implements MemberLink {
  readonly data: unknown;
  readonly #boot: MemberBoot;
  readonly #lane: MemberLane;
  readonly #outbox: Outbox;
  readonly #awaited: AwaitedRuns;
  /** call id → who waits for its reply */
  readonly #open = new Map<number, OpenCall>();
  #lastCallId = 0;

  constructor(
    boot: MemberBoot,
    parts: { readonly lane: MemberLane; readonly outbox: Outbox; readonly awaited: AwaitedRuns },
  ) {
    this.data = boot.data;
    this.#boot = boot;
    this.#lane = parts.lane;
    this.#outbox = parts.outbox;
    this.#awaited = parts.awaited;
  }

  get index(): number {
    const { status } = this.#lane;
    return status.placeEpoch === 0 ? this.#boot.index : status.placeIndex;
  }

  get epoch(): number {
    const { placeEpoch } = this.#lane.status;
    return placeEpoch === 0 ? this.#boot.epoch : placeEpoch;
  }

  takeParcel(): MessagePort | null {
    const { bulkReceiver } = this.#lane;
    const { parcel } = bulkReceiver;
    bulkReceiver.parcel = null;
    return parcel;
  }

  call(kind: number, payload: Uint8Array, job: MemberJob | null): Promise<Uint8Array> {
    const { callId, reply } = this.#begin(null);
    this.#outbox.call(callId, kind, payload, job instanceof RunningJob ? job.ticket : NO_TICKET);
    return reply;
  }

  wait(kind: number, payload: Uint8Array, job: MemberJob | null): Promise<Uint8Array> {
    if (!(job instanceof RunningJob)) return this.call(kind, payload, job);
    const { callId, reply } = this.#begin(job);
    this.#outbox.lendingCall(callId, kind, payload, job.ticket);
    this.#awaited.lend(job);
    return reply;
  }

  /** Settles the calls whose replies have come. */
  readReplies(): void {
    const { replies, status, doorbell } = this.#lane;
    if (!replies.refresh()) return;
    while (replies.next()) this.#settle();
    replies.release();
    if (status.hostWantsRoom) doorbell.ringNow();
  }

  #begin(lender: RunningJob | null): { readonly callId: number; readonly reply: Promise<Uint8Array> } {
    this.#lastCallId = (this.#lastCallId + 1) | 0;
    const callId = this.#lastCallId;
    const reply = new Promise<Uint8Array>((resolve, reject) => {
      this.#open.set(callId, { lender, resolve, reject });
    });
    return { callId, reply };
  }

  #settle(): void {
    const { replies, memory, bulkReceiver } = this.#lane;
    const callId = replies.field(RecordWord.HEAD_BYTES);
    const isBulk = (replies.tag & RecordFlag.BULK) !== 0;
    const payload = isBulk
      ? bulkReceiver.take(replies.field(RecordWord.BULK_ID))
      : Uint8Array.prototype.slice.call(memory.bytes, replies.payloadByte, replies.payloadByte + replies.payloadBytes);
    const open = this.#open.get(callId);
    if (open === undefined || payload === null) return;
    this.#open.delete(callId);
    if (open.lender !== null) this.#awaited.takeBack(open.lender);
    if ((replies.tag & RecordFlag.ERROR) === 0) open.resolve(payload);
    else open.reject(errorOfText(JSON.parse(Buffer.from(payload).toString('utf8')) as ErrorText));
  }
}
