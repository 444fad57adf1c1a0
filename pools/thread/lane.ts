/**
 * The host's end of one member's shared memory: writes tasks and replies, reads outcomes and calls (lane-drain.ts), takes
 * unclaimed records back. It knows records and tickets, not threads; member-handle.ts owns the thread.
 */
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { PoolJob } from '../../core/ports/pool.js';
import { isQueued, recallRecord } from '../ring/claim.js';
import { Doorbell, ParkedWord } from '../ring/doorbell.js';
import { SharedMemory } from '../ring/memory.js';
import { copyBytes, maxTextBytes, writeText } from '../ring/payload.js';
import { ClaimState, RecordFlag, RecordKind, RecordWord, makeTag } from '../ring/record.js';
import { RingConsumer } from '../ring/ring-consumer.js';
import { RingProducer } from '../ring/ring-producer.js';
import { StatusBlock } from '../ring/status-block.js';
import { Fifo } from '../../core/kernel/fifo.js';
import { BulkReceiver, BulkSender } from './bulk.js';
import { InFlight, type InFlightEntry } from './in-flight.js';
import { laneLayout, type LaneSizes } from './lane-layout.js';

const MAX_INT32 = 2 ** 31 - 1;

interface WaitingReply {
  readonly callId: number;
  readonly payload: Uint8Array;
  readonly flags: number;
}

export class Lane {
  readonly buffer: SharedArrayBuffer;
  readonly sizes: LaneSizes;
  readonly status: StatusBlock;
  readonly outcomes: RingConsumer;
  readonly calls: RingConsumer;
  readonly bulk: BulkReceiver;
  readonly inFlight = new InFlight();
  /** Jobs that got an outcome. */
  endedCount = 0;
  /** Ends of the ports that go to the member. */
  readonly memberPorts: { readonly bell: MessagePort; readonly bulk: MessagePort };
  readonly bellPort: MessagePort;
  readonly parked: ParkedWord;

  readonly #memory: SharedMemory;
  readonly #tasks: RingProducer;
  readonly #replies: RingProducer;
  readonly #bulkPort: MessagePort;
  readonly #bulkSender: BulkSender;
  readonly #doorbell: Doorbell;
  #isUnsound = false;
  readonly #waitingReplies = new Fifo<WaitingReply>();

  constructor(sizes: LaneSizes) {
    const layout = laneLayout(sizes);
    this.buffer = new SharedArrayBuffer(layout.totalBytes);
    this.sizes = sizes;
    this.#memory = new SharedMemory(this.buffer);
    this.status = new StatusBlock(this.#memory, layout.statusByte);
    this.#tasks = new RingProducer(this.#memory, layout.tasks);
    this.#replies = new RingProducer(this.#memory, layout.replies);
    this.outcomes = new RingConsumer(this.#memory, layout.outcomes);
    this.calls = new RingConsumer(this.#memory, layout.calls);
    const bell = new MessageChannel();
    const bulk = new MessageChannel();
    this.bellPort = bell.port1;
    this.#bulkPort = bulk.port1;
    this.memberPorts = { bell: bell.port2, bulk: bulk.port2 };
    this.bulk = new BulkReceiver(this.#bulkPort);
    this.#bulkSender = new BulkSender(this.#bulkPort);
    this.#doorbell = new Doorbell(this.#memory, this.status.memberParkedWord, this.bellPort);
    this.parked = new ParkedWord(this.#memory, this.status.hostParkedWord);
    this.parked.park();
  }

  /** A word of the shared memory made no sense: the member has scribbled on it and must go. */
  get isPoisoned(): boolean {
    return (
      this.#isUnsound ||
      this.#tasks.isPoisoned ||
      this.#replies.isPoisoned ||
      this.outcomes.isPoisoned ||
      this.calls.isPoisoned
    );
  }

  /** A record was whole but said what cannot be: from here on nothing in the lane proves anything. */
  poison(): void {
    this.#isUnsound = true;
  }

  get bytes(): Buffer {
    return this.#memory.bytes;
  }

  /** Writes a task record, not yet published; null when there is no room. */
  writeTask(job: PoolJob): InFlightEntry | null {
    if (this.inFlight.isFull) return null;
    const start = job.bodyStart ?? 0;
    const bodyBytes = (job.bodyEnd ?? job.body.length) - start;
    const mostBytes = maxTextBytes(job.head) + bodyBytes;
    const isBulk = mostBytes > this.#tasks.maxPayloadBytes;
    if (!this.#tasks.reserve(isBulk ? 0 : mostBytes)) return null;
    const entry = this.inFlight.add(job);
    entry.position = this.#tasks.position;
    entry.claimWord = this.#tasks.word + RecordWord.CLAIM;
    if (isBulk) this.#commitBulkTask(job, entry.ticket);
    else this.#commitTask(job, entry.ticket, start, bodyBytes);
    return entry;
  }

  /** Takes an unclaimed record back: the member will skip it. False when the member has claimed it. */
  recall(entry: InFlightEntry): boolean {
    if (!recallRecord(this.#tasks, entry.position, entry.claimWord)) return false;
    this.inFlight.remove(entry);
    return true;
  }

  /** Whether the member has claimed the record. */
  isClaimed(entry: InFlightEntry): boolean {
    return !isQueued(this.#tasks, entry.position, entry.claimWord);
  }

  /** Takes a reply, sent in order by `flush`. `payload` is owned by the lane from here on. */
  reply(callId: number, payload: Uint8Array, isError: boolean): void {
    this.#waitingReplies.push({ callId, payload, flags: isError ? RecordFlag.ERROR : 0 });
  }

  /** Writes and publishes what waits, as far as there is room. */
  writeWaitingReplies(): void {
    if (this.#waitingReplies.size === 0) return;
    let isDone = this.#writeReplies();
    if (!isDone) {
      // Told first, then looked at once more: the member may have read everything in between.
      this.status.hostWantsRoom = true;
      isDone = this.#writeReplies();
    }
    if (isDone && this.status.hostWantsRoom) this.status.hostWantsRoom = false;
    if (this.#replies.publish()) this.#doorbell.ring();
  }

  /** Publishes what was written and wakes the member if it sleeps. */
  flush(): void {
    this.writeWaitingReplies();
    if (this.#tasks.publish()) this.#doorbell.ring();
  }

  /** Wakes the member to look at its status words or at new room. */
  wake(): void {
    this.#doorbell.ring();
  }

  close(): void {
    this.bellPort.close();
    this.#bulkPort.close();
  }

  #commitTask(job: PoolJob, ticket: number, start: number, bodyBytes: number): void {
    const tasks = this.#tasks;
    const headBytes = job.head === '' ? 0 : writeText(this.bytes, tasks.payloadByte, job.head);
    copyBytes(job.body, start, start + bodyBytes, this.bytes, tasks.payloadByte + headBytes);
    this.#commitHeader(job, ticket, { headBytes, bulkId: 0, payloadBytes: headBytes + bodyBytes });
  }

  #commitBulkTask(job: PoolJob, ticket: number): void {
    const body = job.body.subarray(job.bodyStart ?? 0, job.bodyEnd ?? job.body.length);
    const bulkId = this.#bulkSender.send(body, job.head);
    this.#commitHeader(job, ticket, { headBytes: Buffer.byteLength(job.head), bulkId, payloadBytes: 0 });
  }

  #commitHeader(
    job: PoolJob,
    ticket: number,
    sizes: { readonly headBytes: number; readonly bulkId: number; readonly payloadBytes: number },
  ): void {
    const word = this.#tasks.word;
    let flags = sizes.headBytes === job.head.length ? RecordFlag.ASCII_HEAD : 0;
    if (sizes.bulkId !== 0) flags |= RecordFlag.BULK;
    if (job.wantsAccepted) flags |= RecordFlag.WANTS_ACCEPTED;
    this.#memory.write(word + RecordWord.CLAIM, ClaimState.QUEUED);
    this.#memory.write(word + RecordWord.HEAD_BYTES, sizes.headBytes);
    this.#memory.write(word + RecordWord.EXTRA, Math.min(Math.ceil(job.softTimeLimitMs ?? 0), MAX_INT32));
    this.#memory.write(word + RecordWord.BULK_ID, sizes.bulkId);
    this.#tasks.commit(makeTag(RecordKind.TASK, 0, flags), ticket, sizes.payloadBytes);
  }

  /** True when none is left. */
  #writeReplies(): boolean {
    const waiting = this.#waitingReplies;
    for (let reply = waiting.peek(); reply !== undefined; reply = waiting.peek()) {
      if (!this.#writeReply(reply)) return false;
      waiting.shift();
    }
    return true;
  }

  #writeReply(reply: WaitingReply): boolean {
    const replies = this.#replies;
    const isBulk = reply.payload.length > replies.maxPayloadBytes;
    const payloadBytes = isBulk ? 0 : reply.payload.length;
    if (!replies.reserve(payloadBytes)) return false;
    let bulkId = 0;
    if (isBulk) bulkId = this.#bulkSender.send(reply.payload);
    else copyBytes(reply.payload, 0, payloadBytes, this.bytes, replies.payloadByte);
    this.#memory.write(replies.word + RecordWord.HEAD_BYTES, reply.callId);
    this.#memory.write(replies.word + RecordWord.BULK_ID, bulkId);
    replies.commit(makeTag(RecordKind.REPLY, 0, reply.flags | (isBulk ? RecordFlag.BULK : 0)), 0, payloadBytes);
    return true;
  }
}
