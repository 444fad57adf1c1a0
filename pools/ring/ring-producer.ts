/**
 * Writing side of a single-producer single-consumer ring; host or member, one thread only. It never blocks, spins or
 * throws: no room is `false`.
 *
 *     if (!ring.reserve(payloadBytes)) return false;      // full: try again after the consumer has released
 *     memory.bytes[ring.payloadByte] = …                   // write at most payloadBytes
 *     memory.write(ring.word + RecordWord.EXTRA, …)        // and header fields, if any
 *     ring.commit(tag, ticket, writtenBytes);              // or abort()
 *     ring.publish();                                      // once for many records
 *
 * Publication is one store of `tail`, after every byte before it: a producer killed at any instruction leaves whole
 * records or nothing (G1, G2).
 */
import type { RingLayout } from './layout.js';
import type { RingMemory } from './memory.js';
import { RECORD_HEADER_BYTES, RecordKind, RecordWord, alignRecord } from './record.js';

export class RingProducer {
  readonly memory: RingMemory;
  /** Largest payload of a record in the ring; larger ones go out of band. */
  readonly maxPayloadBytes: number;
  /** First header word of the reserved record. */
  word = 0;
  /** First payload byte of the reserved record. */
  payloadByte = 0;
  /** The consumer's cursor made no sense: the ring must not be used any more. */
  isPoisoned = false;

  readonly #layout: RingLayout;
  #tail: number;
  #published: number;
  #knownHead: number;
  #sequence = 0;
  /** Bytes ever written. Unlike the cursors it never wraps (exact up to 2⁵³), so it names a record for good. */
  #written = 0;

  constructor(memory: RingMemory, layout: RingLayout) {
    this.memory = memory;
    this.maxPayloadBytes = layout.maxRecordBytes - RECORD_HEADER_BYTES;
    this.#layout = layout;
    this.#tail = memory.load(layout.tailWord);
    this.#published = this.#tail;
    this.#knownHead = this.#tail;
  }

  /**
   * Name of the reserved record, or of the next one. No cursor: a run may be in flight while others fill 2 GiB, and then
   * its cursor would be ahead of `head` again, at a place that another record has by now.
   */
  get position(): number {
    return this.#written;
  }

  /** Records that were ever committed. Wraps. */
  get committedCount(): number {
    return this.#sequence;
  }

  /** Takes room for a record; false when there is none. `payloadBytes` must not exceed `maxPayloadBytes`. */
  reserve(payloadBytes: number): boolean {
    const { capacityBytes, dataByte } = this.#layout;
    const sizeBytes = alignRecord(RECORD_HEADER_BYTES + payloadBytes);
    const offset = this.#tail & (capacityBytes - 1);
    const toEndBytes = capacityBytes - offset;
    const paddingBytes = sizeBytes > toEndBytes ? toEndBytes : 0;
    if (!this.#hasRoom(sizeBytes + paddingBytes)) return false;
    if (paddingBytes > 0) this.#writePadding((dataByte + offset) >> 2, paddingBytes);
    const startByte = dataByte + (paddingBytes > 0 ? 0 : offset);
    this.word = startByte >> 2;
    this.payloadByte = startByte + RECORD_HEADER_BYTES;
    return true;
  }

  /** Completes the reserved record; it is seen by the consumer after `publish`. */
  commit(tag: number, ticket: number, payloadBytes: number): void {
    const memory = this.memory;
    const word = this.word;
    const lengthBytes = RECORD_HEADER_BYTES + payloadBytes;
    memory.write(word + RecordWord.LENGTH, lengthBytes);
    memory.write(word + RecordWord.TAG, tag);
    memory.write(word + RecordWord.TICKET, ticket);
    memory.write(word + RecordWord.SEQUENCE, this.#sequence);
    this.#advance(alignRecord(lengthBytes), 1);
  }

  /** Gives up the reserved record. Nothing was published of it, so there is nothing to undo. */
  abort(): void {
    this.word = 0;
    this.payloadByte = 0;
  }

  /** Makes every committed record visible; answers whether there was one. Publishes `tail`, observed by the consumer. */
  publish(): boolean {
    if (this.#tail === this.#published) return false;
    this.memory.store(this.#layout.tailWord, this.#tail);
    // After the store: whoever is interrupted before it publishes again, and a second time does no harm.
    this.#published = this.#tail;
    return true;
  }

  /** Whether the consumer may still claim or read the record of this position: until then its room is not used again. */
  isUnreleased(position: number): boolean {
    return position >= this.releasedPosition;
  }

  /** Position up to which the consumer has given everything back. It moves as the consumer does. */
  get releasedPosition(): number {
    this.#refreshHead();
    return this.#written - ((this.#tail - this.#knownHead) | 0);
  }

  #hasRoom(neededBytes: number): boolean {
    const { capacityBytes } = this.#layout;
    if (neededBytes <= capacityBytes - ((this.#tail - this.#knownHead) | 0)) return true;
    this.#refreshHead();
    return !this.isPoisoned && neededBytes <= capacityBytes - ((this.#tail - this.#knownHead) | 0);
  }

  #refreshHead(): void {
    const head = this.memory.load(this.#layout.headWord);
    const usedBytes = (this.#tail - head) | 0;
    if (usedBytes < 0 || usedBytes > this.#layout.capacityBytes || (head & 7) !== 0) this.isPoisoned = true;
    else this.#knownHead = head;
  }

  #writePadding(word: number, sizeBytes: number): void {
    this.memory.write(word + RecordWord.LENGTH, sizeBytes);
    this.memory.write(word + RecordWord.TAG, RecordKind.PADDING);
    this.#advance(sizeBytes, 0);
  }

  /** All at once: a thread is interrupted at calls and at loops (pools/guard.ts), and here is neither. */
  #advance(sizeBytes: number, records: number): void {
    this.#sequence = (this.#sequence + records) | 0;
    this.#tail = (this.#tail + sizeBytes) | 0;
    this.#written += sizeBytes;
  }
}
