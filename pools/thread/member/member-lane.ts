/** The member's end of its shared memory: reads tasks and replies, writes outcomes and calls. The mirror of ../lane.ts. */
import { claimRecord } from '../../ring/claim.js';
import { Doorbell, ParkedWord } from '../../ring/doorbell.js';
import { SharedMemory } from '../../ring/memory.js';
import { RingConsumer } from '../../ring/ring-consumer.js';
import { RingProducer } from '../../ring/ring-producer.js';
import { StatusBlock } from '../../ring/status-block.js';
import { BulkReceiver, BulkSender } from '../bulk.js';
import { laneLayout } from '../lane-layout.js';
import type { MemberBoot } from '../messages.js';

export class MemberLane {
  readonly memory: SharedMemory;
  /** Asynchronous runs that it holds at once. */
  readonly slotCount: number;
  readonly status: StatusBlock;
  readonly tasks: RingConsumer;
  readonly replies: RingConsumer;
  readonly outcomes: RingProducer;
  readonly calls: RingProducer;
  readonly bulkReceiver: BulkReceiver;
  readonly bulkSender: BulkSender;
  readonly parked: ParkedWord;
  readonly doorbell: Doorbell;
  readonly #canRecall: boolean;

  constructor(boot: MemberBoot) {
    const layout = laneLayout(boot.sizes);
    this.slotCount = boot.sizes.slotCount;
    this.#canRecall = boot.sizes.canRecall;
    this.memory = new SharedMemory(boot.memory);
    this.status = new StatusBlock(this.memory, layout.statusByte);
    this.tasks = new RingConsumer(this.memory, layout.tasks);
    this.replies = new RingConsumer(this.memory, layout.replies);
    this.outcomes = new RingProducer(this.memory, layout.outcomes);
    this.calls = new RingProducer(this.memory, layout.calls);
    this.bulkReceiver = new BulkReceiver(boot.bulkPort);
    this.bulkSender = new BulkSender(boot.bulkPort);
    this.parked = new ParkedWord(this.memory, this.status.memberParkedWord);
    this.doorbell = new Doorbell(this.memory, this.status.hostParkedWord, boot.bellPort);
  }

  /** Something in this process has scribbled on the lane: nothing that is in it can be trusted. */
  get isPoisoned(): boolean {
    return this.tasks.isPoisoned || this.replies.isPoisoned || this.outcomes.isPoisoned || this.calls.isPoisoned;
  }

  /** Claims the current task record; false when the host has taken it back. */
  claim(): boolean {
    return !this.#canRecall || claimRecord(this.memory, this.tasks.word);
  }
}
