/** Both ends of a lane in one thread: a test plays the member, step by step. */
import { receiveMessageOnPort } from 'node:worker_threads';
import type { LaneSizes } from '../../pools/thread/lane-layout.js';
import { Lane } from '../../pools/thread/lane.js';
import type { FedMember } from '../../pools/thread/dispatcher.js';
import { MemberLane } from '../../pools/thread/member/member-lane.js';
import { Outbox } from '../../pools/thread/member/outbox.js';
import { RecordWord } from '../../pools/ring/record.js';

const NO_BYTES = new Uint8Array(0);

export class LonelyMember implements FedMember {
  readonly index = 0;
  readonly epoch = 1;
  readonly threadId = 0;
  readonly lane: Lane;
  readonly inside: MemberLane;
  readonly limits = { watch: (): void => undefined, forget: (): void => undefined };
  assignedCount = 0;
  #runningTicket: number | null = null;
  readonly output = { catchUp: (): void => undefined };

  constructor(sizes: LaneSizes) {
    this.lane = new Lane(sizes);
    this.inside = new MemberLane({
      kind: 'celeriac.member',
      index: this.index,
      epoch: this.epoch,
      memory: this.lane.buffer,
      sizes,
      bellPort: this.lane.memberPorts.bell,
      bulkPort: this.lane.memberPorts.bulk,
      outputPort: this.lane.memberPorts.output,
      programUrl: '',
      data: null,
      memoryLimits: { isWatched: false, maxGrowthKib: null },
    });
  }

  /** Sees what the host has published, and claims the next record; false when there is none, or it was recalled. */
  claimNext(): boolean {
    this.lane.flush();
    const { tasks } = this.inside;
    if (!(tasks.next() || (tasks.refresh() && tasks.next())) || !this.inside.claim()) return false;
    this.#runningTicket = tasks.field(RecordWord.TICKET);
    return true;
  }

  /** Ends the run of the record that it has claimed, with an empty outcome; false when it has claimed none. */
  endRun(): boolean {
    if (this.#runningTicket === null) return false;
    new Outbox(this.inside).outcome(this.#runningTicket, 0, NO_BYTES, 0, 0);
    this.inside.tasks.release();
    this.#runningTicket = null;
    return true;
  }

  /** Bells that it has posted to the host since the last time. */
  takeBells(): number {
    let count = 0;
    while (receiveMessageOnPort(this.lane.bellPort) !== undefined) count++;
    return count;
  }

  sendReply(): void {
    // No test of it lets the host answer.
  }

  close(): void {
    this.lane.close();
  }
}
