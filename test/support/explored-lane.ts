/**
 * Both ends of a lane over the memory of a scheduler (interleaving.ts), made of the shipped parts: rings, bells, status
 * block, outbox, reply box, list of jobs in flight, `drainLane`. The rings hold one or two records without payload, so
 * that they are full, and wrap, at once. What the member's own loop and the host's `Lane` add is copied here line by
 * line, since they belong to threads and ports.
 */
import type { PoolCall } from '../../core/ports/pool.js';
import { claimRecord, recallRecord } from '../../pools/ring/claim.js';
import { Doorbell, ParkedWord } from '../../pools/ring/doorbell.js';
import type { RingLayout } from '../../pools/ring/layout.js';
import type { RingMemory } from '../../pools/ring/memory.js';
import {
  ClaimState,
  NO_TICKET,
  RECORD_HEADER_BYTES,
  RecordKind,
  RecordWord,
  makeTag,
} from '../../pools/ring/record.js';
import { RingConsumer } from '../../pools/ring/ring-consumer.js';
import { RingProducer } from '../../pools/ring/ring-producer.js';
import { STATUS_BYTES, StatusBlock } from '../../pools/ring/status-block.js';
import { InFlight, type InFlightEntry } from '../../pools/thread/in-flight.js';
import { drainLane, type DrainedMember } from '../../pools/thread/lane-drain.js';
import type { MemberLane } from '../../pools/thread/member/member-lane.js';
import { Outbox } from '../../pools/thread/member/outbox.js';
import { ReplyBox } from '../../pools/thread/reply-box.js';
import type { ThreadContext } from './interleaving.js';
import { TestJob } from './pool-job.js';

const STATUS_WORDS = STATUS_BYTES / 4;
const RECORD_WORDS = RECORD_HEADER_BYTES / 4;
/** Cursors start so far before their wrap at 2³². */
const START = -RECORD_HEADER_BYTES;

export interface LaneRooms {
  readonly tasks: number;
  readonly replies: number;
  readonly outcomes: number;
  readonly calls: number;
}

export interface LaneMap {
  readonly statusByte: number;
  readonly tasks: RingLayout;
  readonly replies: RingLayout;
  readonly outcomes: RingLayout;
  readonly calls: RingLayout;
  readonly endWord: number;
}

/** Where a lane lies whose rings hold so many records, powers of two. */
export function mapLane(startWord: number, rooms: LaneRooms): LaneMap {
  let word = startWord + STATUS_WORDS;
  const place = (records: number): RingLayout => {
    const layout = {
      tailWord: word,
      headWord: word + 1,
      dataByte: (word + 2) * 4,
      capacityBytes: records * RECORD_HEADER_BYTES,
      maxRecordBytes: RECORD_HEADER_BYTES,
    };
    word += 2 + records * RECORD_WORDS;
    return layout;
  };
  const tasks = place(rooms.tasks);
  const replies = place(rooms.replies);
  const outcomes = place(rooms.outcomes);
  const calls = place(rooms.calls);
  return { statusByte: startWord * 4, tasks, replies, outcomes, calls, endWord: word };
}

/** Sets the cursors up. */
export function prepareLane(map: LaneMap, words: Int32Array): void {
  for (const { tailWord, headWord } of [map.tasks, map.replies, map.outcomes, map.calls]) {
    words[tailWord] = START;
    words[headWord] = START;
  }
}

/** Records that were ever published in a ring. */
export function publishedRecords({ tailWord }: RingLayout, words: Int32Array): number {
  return ((words[tailWord] ?? 0) - START) / RECORD_HEADER_BYTES;
}

function bellTo(context: ThreadContext, memory: RingMemory, bell: { word: number; thread: number }): Doorbell {
  return new Doorbell(memory, bell.word, {
    postMessage: () => {
      context.postBell(bell.thread);
    },
  });
}

/** A job with a number, which its outcome must carry as its kind. */
export class NumberedJob extends TestJob {
  readonly number: number;
  readonly kinds: number[] = [];

  constructor(number: number) {
    super('');
    this.number = number;
  }

  override onOutcome(kind: number): void {
    this.endCount++;
    this.kinds.push(kind);
  }
}

/** The host's end, as `Lane` and `LanePool` have it. */
export class HostEnd {
  readonly inFlight: InFlight;
  readonly status: StatusBlock;
  readonly outcomes: RingConsumer;
  readonly calls: RingConsumer;
  readonly bytes: Buffer;
  readonly bulk = null;
  readonly parked: ParkedWord;
  endedCount = 0;
  isUnsound = false;
  readonly tasks: RingProducer;
  readonly #replies: ReplyBox;
  readonly #memberBell: Doorbell;
  readonly #drained: DrainedMember;

  /** @param inFlight where outcomes are looked up; another lane's for a host that ignores epochs */
  constructor(
    context: ThreadContext,
    map: LaneMap,
    parts: { readonly member: number; readonly memory?: RingMemory; readonly inFlight?: InFlight },
  ) {
    const memory = parts.memory ?? context.memory;
    this.inFlight = parts.inFlight ?? new InFlight();
    this.status = new StatusBlock(memory, map.statusByte);
    this.bytes = memory.bytes;
    this.outcomes = new RingConsumer(memory, map.outcomes);
    this.calls = new RingConsumer(memory, map.calls);
    this.tasks = new RingProducer(memory, map.tasks);
    this.#memberBell = bellTo(context, memory, { word: this.status.memberParkedWord, thread: parts.member });
    this.#replies = new ReplyBox({
      ring: new RingProducer(memory, map.replies),
      status: this.status,
      bulkSender: null as never,
      doorbell: this.#memberBell,
    });
    this.parked = new ParkedWord(memory, this.status.hostParkedWord);
    this.#drained = {
      index: 0,
      epoch: 1,
      threadId: 0,
      lane: this,
      limits: { forget: (): void => undefined },
      output: { catchUp: (): void => undefined },
      sendReply: (callId: number, payload: Uint8Array, isError: boolean) => {
        this.#replies.add(callId, payload, isError);
      },
    } as unknown as DrainedMember;
  }

  get isPoisoned(): boolean {
    return this.isUnsound || this.tasks.isPoisoned || this.outcomes.isPoisoned || this.calls.isPoisoned;
  }

  poison(): void {
    this.isUnsound = true;
  }

  /** As `Lane.writeTask`; the number of the job goes along in a field that it does not use. */
  writeTask(job: NumberedJob): InFlightEntry | null {
    if (!this.tasks.reserve(0)) return null;
    const entry = this.inFlight.add(job);
    entry.position = this.tasks.position;
    entry.claimWord = this.tasks.word + RecordWord.CLAIM;
    this.tasks.memory.write(entry.claimWord, ClaimState.QUEUED);
    this.tasks.memory.write(this.tasks.word + RecordWord.EXTRA, job.number);
    this.tasks.commit(makeTag(RecordKind.TASK, 0, 0), entry.ticket, 0);
    return entry;
  }

  recall(entry: InFlightEntry): boolean {
    if (!recallRecord(this.tasks, entry.position, entry.claimWord)) return false;
    this.inFlight.remove(entry);
    return true;
  }

  flush(): void {
    this.writeWaitingReplies();
    if (this.tasks.publish()) this.#memberBell.ring();
  }

  wake(): void {
    this.#memberBell.ring();
  }

  writeWaitingReplies(): void {
    this.#replies.flush();
  }

  /** @throws when the lane is poisoned: in a test nobody scribbles. */
  drain(onCall: (call: PoolCall) => void): number {
    const seen = drainLane(this.#drained, onCall);
    if (seen === null) throw new Error('the lane is poisoned');
    return seen;
  }
}

/** The member's end, as `MemberLane` has it, with its outbox. */
export class MemberEnd {
  readonly status: StatusBlock;
  readonly tasks: RingConsumer;
  readonly replies: RingConsumer;
  readonly outbox: Outbox;
  readonly parked: ParkedWord;
  readonly #memory: RingMemory;
  readonly #hostBell: Doorbell;

  constructor(
    context: ThreadContext,
    map: LaneMap,
    parts: { readonly host: number; readonly memory?: RingMemory; readonly claim?: typeof claimRecord },
  ) {
    const memory = parts.memory ?? context.memory;
    this.#memory = memory;
    this.status = new StatusBlock(memory, map.statusByte);
    this.tasks = new RingConsumer(memory, map.tasks);
    this.replies = new RingConsumer(memory, map.replies);
    this.parked = new ParkedWord(memory, this.status.memberParkedWord);
    this.#hostBell = bellTo(context, memory, { word: this.status.hostParkedWord, thread: parts.host });
    const outcomes = new RingProducer(memory, map.outcomes);
    const calls = new RingProducer(memory, map.calls);
    const lane = { memory, status: this.status, outcomes, calls, doorbell: this.#hostBell, bulkSender: null };
    this.outbox = new Outbox(lane as unknown as MemberLane);
  }

  /** As `HostLink.readReplies`; answers the ids of the calls. */
  readReplies(): readonly number[] {
    const ids: number[] = [];
    if (!this.replies.refresh()) return ids;
    while (this.replies.next()) ids.push(this.replies.field(RecordWord.HEAD_BYTES));
    this.replies.release();
    if (this.status.hostWantsRoom) this.#hostBell.ringNow();
    return ids;
  }

  /** Goes on to the next task and claims it; null when there is none, NO_TICKET when it was recalled. */
  claimNext(): { readonly ticket: number; readonly number: number } | null {
    const { tasks } = this;
    if (!tasks.next() && !(tasks.refresh() && tasks.next())) return null;
    if (!claimRecord(this.#memory, tasks.word)) return { ticket: NO_TICKET, number: 0 };
    return { ticket: tasks.field(RecordWord.TICKET), number: tasks.field(RecordWord.EXTRA) };
  }
}
