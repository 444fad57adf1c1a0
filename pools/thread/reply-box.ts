/**
 * Answers to a member's calls on their way into its reply ring, the mirror of the member's outbox: what finds no room
 * waits here in order, and the member rings when it has read some. Host thread.
 */
import { Fifo } from '../../core/kernel/fifo.js';
import type { Doorbell } from '../ring/doorbell.js';
import { copyBytes } from '../ring/payload.js';
import { NO_TICKET, RecordFlag, RecordKind, RecordWord, makeTag } from '../ring/record.js';
import type { RingProducer } from '../ring/ring-producer.js';
import type { StatusBlock } from '../ring/status-block.js';
import type { BulkSender } from './bulk.js';

interface WaitingReply {
  readonly callId: number;
  readonly payload: Uint8Array;
  readonly flags: number;
}

export interface ReplyBoxParts {
  readonly ring: RingProducer;
  readonly status: StatusBlock;
  readonly bulkSender: BulkSender;
  /** Of the member. */
  readonly doorbell: Doorbell;
}

export class ReplyBox {
  readonly #parts: ReplyBoxParts;
  readonly #waiting = new Fifo<WaitingReply>();

  constructor(parts: ReplyBoxParts) {
    this.#parts = parts;
  }

  get isPoisoned(): boolean {
    return this.#parts.ring.isPoisoned;
  }

  /** Takes a reply, sent in order by `flush`. `payload` is owned by the box from here on. */
  add(callId: number, payload: Uint8Array, isError: boolean): void {
    this.#waiting.push({ callId, payload, flags: isError ? RecordFlag.ERROR : 0 });
  }

  /** Writes and publishes what waits, as far as there is room. */
  flush(): void {
    if (this.#waiting.size === 0) return;
    const { ring, status, doorbell } = this.#parts;
    let isDone = this.#writeAll();
    if (!isDone) {
      // Told first, then looked at once more: the member may have read everything in between.
      status.hostWantsRoom = true;
      isDone = this.#writeAll();
    }
    if (isDone && status.hostWantsRoom) status.hostWantsRoom = false;
    if (ring.publish()) doorbell.ring();
  }

  /** True when none is left. */
  #writeAll(): boolean {
    const waiting = this.#waiting;
    for (let reply = waiting.peek(); reply !== undefined; reply = waiting.peek()) {
      if (!this.#write(reply)) return false;
      waiting.shift();
    }
    return true;
  }

  #write({ callId, payload, flags }: WaitingReply): boolean {
    const { ring, bulkSender } = this.#parts;
    const { memory } = ring;
    const isBulk = payload.length > ring.maxPayloadBytes;
    const payloadBytes = isBulk ? 0 : payload.length;
    if (!ring.reserve(payloadBytes)) return false;
    let bulkId = 0;
    if (isBulk) bulkId = bulkSender.send(payload);
    else copyBytes(payload, 0, payloadBytes, memory.bytes, ring.payloadByte);
    memory.write(ring.word + RecordWord.HEAD_BYTES, callId);
    memory.write(ring.word + RecordWord.BULK_ID, bulkId);
    const tag = makeTag(RecordKind.REPLY, 0, flags | (isBulk ? RecordFlag.BULK : 0));
    ring.commit(tag, NO_TICKET, payloadBytes);
    return true;
  }
}
