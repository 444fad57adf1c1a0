/**
 * Reading side of a single-producer single-consumer ring; host or member, one thread only.
 *
 *     ring.refresh();                       // sees what was published until now
 *     while (ring.next()) { … ring.word, ring.payloadByte, ring.payloadBytes … }
 *     ring.release();                       // gives the room back; payloads are gone from here on
 *
 * It trusts nothing that the other thread wrote: a length, cursor or sequence that cannot be makes the ring poisoned (G6)
 * and ends reading for good; the owner then ends the member. Nothing is ever read outside of the ring.
 */
import type { RingLayout } from './layout.js';
import type { RingMemory } from './memory.js';
import { RECORD_ALIGN_BYTES, RECORD_HEADER_BYTES, RecordKind, RecordWord, alignRecord, kindOf } from './record.js';

export class RingConsumer {
  readonly memory: RingMemory;
  /** First header word of the current record. */
  word = 0;
  /** First payload byte of the current record. */
  payloadByte = 0;
  payloadBytes = 0;
  /** Tag of the current record: kind, the program's kind, flags. */
  tag = 0;
  /** What the producer wrote cannot be: the ring must not be used any more. */
  isPoisoned = false;

  readonly #layout: RingLayout;
  #head: number;
  #released: number;
  #knownTail: number;
  #sequence = 0;

  constructor(memory: RingMemory, layout: RingLayout) {
    this.memory = memory;
    this.#layout = layout;
    this.#head = memory.load(layout.headWord);
    this.#released = this.#head;
    this.#knownTail = this.#head;
  }

  /** Looks at what is published now; answers whether there is a record to read. */
  refresh(): boolean {
    if (this.isPoisoned) return false;
    const tail = this.memory.load(this.#layout.tailWord);
    const unread = (tail - this.#head) | 0;
    const unreleased = (tail - this.#released) | 0;
    if (unread < 0 || unreleased > this.#layout.capacityBytes || (tail & (RECORD_ALIGN_BYTES - 1)) !== 0) {
      this.isPoisoned = true;
      return false;
    }
    this.#knownTail = tail;
    return unread > 0;
  }

  /** Whether what is published and not yet released, as of the last `refresh`, takes more than a quarter of the ring. */
  get isCrowded(): boolean {
    return ((this.#knownTail - this.#released) | 0) > this.#layout.capacityBytes / 4;
  }

  /** Goes on to the next record among those of the last `refresh`; false when there is none. */
  next(): boolean {
    while (this.#head !== this.#knownTail && !this.isPoisoned) {
      const offset = this.#head & (this.#layout.capacityBytes - 1);
      const word = (this.#layout.dataByte + offset) >> 2;
      const lengthBytes = this.memory.read(word + RecordWord.LENGTH);
      const tag = this.memory.read(word + RecordWord.TAG);
      if (kindOf(tag) === RecordKind.PADDING) this.#skipPadding(lengthBytes, offset);
      else return this.#enter(word, lengthBytes, tag, offset);
    }
    return false;
  }

  /** Gives back the room of all records read so far. Publishes `head`, observed by the producer when it needs room. */
  release(): void {
    if (this.#head === this.#released) return;
    this.#released = this.#head;
    this.memory.store(this.#layout.headWord, this.#head);
  }

  field(recordWord: number): number {
    return this.memory.read(this.word + recordWord);
  }

  #enter(word: number, lengthBytes: number, tag: number, offset: number): boolean {
    const sizeBytes = alignRecord(lengthBytes);
    const isValid =
      lengthBytes >= RECORD_HEADER_BYTES &&
      // Of the length, not of the size: near 2³¹ the alignment overflows to a negative size. The maximum is aligned.
      lengthBytes <= this.#layout.maxRecordBytes &&
      sizeBytes <= this.#layout.capacityBytes - offset &&
      sizeBytes <= ((this.#knownTail - this.#head) | 0) &&
      this.memory.read(word + RecordWord.SEQUENCE) === this.#sequence;
    if (!isValid) {
      this.isPoisoned = true;
      return false;
    }
    this.#sequence = (this.#sequence + 1) | 0;
    this.#head = (this.#head + sizeBytes) | 0;
    this.word = word;
    this.tag = tag;
    this.payloadByte = (word << 2) + RECORD_HEADER_BYTES;
    this.payloadBytes = lengthBytes - RECORD_HEADER_BYTES;
    return true;
  }

  #skipPadding(lengthBytes: number, offset: number): void {
    const isValid =
      lengthBytes === this.#layout.capacityBytes - offset && lengthBytes <= ((this.#knownTail - this.#head) | 0);
    if (isValid) this.#head = (this.#head + lengthBytes) | 0;
    else this.isPoisoned = true;
  }
}
