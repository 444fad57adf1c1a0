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
import { ClaimState, RecordFlag, RecordKind, RecordWord, graceFlags, makeTag } from '../ring/record.js';
import { RingConsumer } from '../ring/ring-consumer.js';
import { RingProducer } from '../ring/ring-producer.js';
import { StatusBlock } from '../ring/status-block.js';
import { graceMs } from '../guard.js';
import { BulkReceiver, BulkSender } from './bulk.js';
import { InFlight, type InFlightEntry } from './in-flight.js';
import { laneLayout, type LaneSizes } from './lane-layout.js';
import { ReplyBox } from './reply-box.js';

const MAX_INT32 = 2 ** 31 - 1;

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
  /** As of the last drain its outcomes have filled so much of their ring that the next ones may find no room. */
  isCrowded = false;
  /** Ends of the ports that go to the member. */
  readonly memberPorts: { readonly bell: MessagePort; readonly bulk: MessagePort; readonly output: MessagePort };
  readonly bellPort: MessagePort;
  readonly outputPort: MessagePort;
  readonly parked: ParkedWord;

  readonly #memory: SharedMemory;
  readonly #tasks: RingProducer;
  readonly #replies: ReplyBox;
  readonly #bulkPort: MessagePort;
  readonly #bulkSender: BulkSender;
  readonly #doorbell: Doorbell;
  #isUnsound = false;
  /** As of the last look: how far the member was, whether a record waited behind a run, and the outcomes until then. */
  #releasedSeen = 0;
  #hadWaiting = false;
  #endedSeen = 0;
  #wasStalled = false;

  constructor(sizes: LaneSizes) {
    const layout = laneLayout(sizes);
    this.buffer = new SharedArrayBuffer(layout.totalBytes);
    this.sizes = sizes;
    this.#memory = new SharedMemory(this.buffer);
    this.status = new StatusBlock(this.#memory, layout.statusByte);
    this.#tasks = new RingProducer(this.#memory, layout.tasks);
    this.outcomes = new RingConsumer(this.#memory, layout.outcomes);
    this.calls = new RingConsumer(this.#memory, layout.calls);
    const bell = new MessageChannel();
    const bulk = new MessageChannel();
    const output = new MessageChannel();
    this.bellPort = bell.port1;
    this.#bulkPort = bulk.port1;
    this.outputPort = output.port1;
    this.memberPorts = { bell: bell.port2, bulk: bulk.port2, output: output.port2 };
    this.bulk = new BulkReceiver(this.#bulkPort);
    this.#bulkSender = new BulkSender(this.#bulkPort);
    this.#doorbell = new Doorbell(this.#memory, this.status.memberParkedWord, this.bellPort);
    this.#replies = new ReplyBox({
      ring: new RingProducer(this.#memory, layout.replies),
      status: this.status,
      bulkSender: this.#bulkSender,
      doorbell: this.#doorbell,
    });
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

  /** Larger bodies travel out of band. */
  get maxInlineBytes(): number {
    return this.#tasks.maxPayloadBytes;
  }

  /** Position up to which the member has given its room back. */
  get releasedPosition(): number {
    return this.#tasks.releasedPosition;
  }

  /** Records that the member has not passed yet, recalled ones too. */
  get hasUnreleased(): boolean {
    return this.#tasks.releasedPosition < this.#tasks.position;
  }

  /** At two looks its member ran the same thing while records waited behind it; over when it moves. */
  get isStalled(): boolean {
    return this.#wasStalled && this.endedCount === this.#endedSeen;
  }

  /** Looks whether the member gets on with what it has; true while a record waits behind a run, or did. */
  look(): boolean {
    const { first, last } = this.inFlight;
    const isWaiting =
      first !== null && last !== null && first !== last && this.isClaimed(first) && !this.isClaimed(last);
    const released = this.#tasks.releasedPosition;
    const stands = released === this.#releasedSeen && this.endedCount === this.#endedSeen;
    this.#wasStalled = first !== null && stands && (this.#wasStalled || (isWaiting && this.#hadWaiting));
    this.#hadWaiting = isWaiting;
    this.#releasedSeen = released;
    this.#endedSeen = this.endedCount;
    return isWaiting || this.#wasStalled;
  }

  /** A run of the member waits for other jobs: it takes others meanwhile, also one that has stood still. */
  lend(entry: InFlightEntry): void {
    this.inFlight.lend(entry);
    this.#wasStalled = false;
    this.#hadWaiting = false;
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
    const isBulk = mostBytes > this.#tasks.maxPayloadBytes || job.parcel != null;
    if (!this.#tasks.reserve(isBulk ? 0 : mostBytes)) return null;
    const entry = this.inFlight.add(job);
    entry.position = this.#tasks.position;
    entry.claimWord = this.#tasks.word + RecordWord.CLAIM;
    if (isBulk) this.#commitBulkTask(job, entry);
    else this.#commitTask(job, entry.ticket, start, bodyBytes);
    return entry;
  }

  /** Takes an unclaimed record back: the member will skip it. False when the member has claimed it. */
  recall(entry: InFlightEntry): boolean {
    if (!this.sizes.canRecall || !recallRecord(this.#tasks, entry.position, entry.claimWord)) return false;
    this.inFlight.remove(entry);
    return true;
  }

  /** Whether the member has claimed the record. */
  isClaimed(entry: InFlightEntry): boolean {
    return !this.sizes.canRecall || !isQueued(this.#tasks, entry.position, entry.claimWord);
  }

  /** Takes a reply, sent in order by `flush`. `payload` is owned by the lane from here on. */
  reply(callId: number, payload: Uint8Array, isError: boolean): void {
    this.#replies.add(callId, payload, isError);
  }

  /** Writes and publishes what waits, as far as there is room. */
  writeWaitingReplies(): void {
    this.#replies.flush();
  }

  /** Publishes what was written and wakes the member if it sleeps. */
  flush(): void {
    this.#replies.flush();
    if (this.#tasks.publish()) this.#doorbell.ring();
  }

  /** Wakes the member to look at its status words or at new room. */
  wake(): void {
    this.#doorbell.ring();
  }

  close(): void {
    this.bellPort.close();
    this.#bulkPort.close();
    this.outputPort.close();
  }

  #commitTask(job: PoolJob, ticket: number, start: number, bodyBytes: number): void {
    const tasks = this.#tasks;
    const headBytes = job.head === '' ? 0 : writeText(this.bytes, tasks.payloadByte, job.head);
    copyBytes(job.body, start, start + bodyBytes, this.bytes, tasks.payloadByte + headBytes);
    this.#commitHeader(job, ticket, { headBytes, bulkId: 0, payloadBytes: headBytes + bodyBytes });
  }

  #commitBulkTask(job: PoolJob, entry: InFlightEntry): void {
    const body = job.body.subarray(job.bodyStart ?? 0, job.bodyEnd ?? job.body.length);
    const bulkId = this.#bulkSender.send(body, { head: job.head, parcel: job.parcel ?? null });
    this.inFlight.holdBulk(entry, body.length);
    this.#commitHeader(job, entry.ticket, { headBytes: 0, bulkId, payloadBytes: 0 });
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
    const { softTimeLimitMs } = job;
    if (softTimeLimitMs !== null) flags |= graceFlags(graceMs(softTimeLimitMs, job.timeLimitMs));
    this.#memory.write(word + RecordWord.CLAIM, ClaimState.QUEUED);
    this.#memory.write(word + RecordWord.HEAD_BYTES, sizes.headBytes);
    this.#memory.write(word + RecordWord.EXTRA, Math.min(Math.ceil(softTimeLimitMs ?? 0), MAX_INT32));
    this.#memory.write(word + RecordWord.BULK_ID, sizes.bulkId);
    this.#tasks.commit(makeTag(RecordKind.TASK, 0, flags), ticket, sizes.payloadBytes);
  }
}
