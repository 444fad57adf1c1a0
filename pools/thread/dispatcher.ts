/**
 * Decides which member gets a job: the one with the least to do. Lanes are filled as deep as run-time.ts says; what a busy
 * member has not claimed goes to an idle one (`balance`), and what waits behind a run that goes on and on is taken back
 * (`relieve`), so that one long task never holds up short ones. Jobs that come back from a member wait here, ahead of new
 * ones. It writes records and publishes none: the pool flushes once a turn. Host thread.
 */
import type { PoolJob } from '../../core/ports/pool.js';
import type { InFlightEntry } from './in-flight.js';
import type { Lane } from './lane.js';
import { RunTime } from './run-time.js';

/** Most jobs that move at once to an idle member: the rest may move a turn later. */
const MAX_MOVED = 64;

/** A member as far as dispatching is concerned. */
export interface FedMember {
  readonly lane: Lane;
  readonly limits: { watch(entry: InFlightEntry): void; forget(entry: InFlightEntry): void };
  /** Jobs that were ever handed to it and not taken back. */
  assignedCount: number;
}

export interface DispatcherOptions {
  readonly maxTasksPerMember: number;
  /** Jobs that a lane takes; null adapts it to their run time. */
  readonly laneDepth: number | null;
  /** Bodies out of band that the lanes hold together, bytes. */
  readonly maxRetainedBytes: number;
}

export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #runTime: RunTime;
  /** Members that take jobs. */
  #members: readonly FedMember[] = [];
  /** Jobs that a member gave back, in their order. */
  #waiting = new Set<PoolJob>();

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#runTime = new RunTime(options.laneDepth);
  }

  /** Jobs that a lane takes now. */
  get depth(): number {
    return this.#runTime.depth;
  }

  /** Whether a lane holds more than one job, so that one may wait behind another. */
  get hasQueue(): boolean {
    for (const { lane } of this.#members) if (lane.inFlight.size > 1) return true;
    return false;
  }

  /**
   * How long outcomes may lie unread, whole ms: their members have other work meanwhile. 0 for not at all. A member with
   * nothing behind its runs rings when they have ended, so it does not count.
   */
  get restMs(): number {
    let waitingJobs = Infinity;
    for (const { lane } of this.#members) {
      const waiting = lane.inFlight.takenSlots - lane.sizes.slotCount;
      if (lane.isCrowded) return 0;
      if (waiting > 0) waitingJobs = Math.min(waitingJobs, waiting);
    }
    return waitingJobs === Infinity ? 0 : this.#runTime.restMs(waitingJobs);
  }

  /** How long a member may take for one run before what waits behind it is looked for, ms. */
  get patienceMs(): number {
    return this.#runTime.patienceMs;
  }

  setMembers(members: readonly FedMember[]): void {
    this.#members = members;
  }

  /** Whether a new job may be given: none waits before it, and a lane takes another, as far as its depth goes. */
  get hasRoom(): boolean {
    return this.#waiting.size === 0 && this.#leastBusy() !== null;
  }

  /** Learns from runs that ended: their number and the time they took together. */
  learn(runs: number, busyUs: number): void {
    this.#runTime.learn(runs, busyUs);
  }

  /** Writes a new job to a lane; false when others wait before it or every lane is full. */
  give(job: PoolJob): boolean {
    return this.#waiting.size === 0 && this.#writeAnywhere(job);
  }

  /** Takes jobs that a member gave back; they are older than what waits. */
  putBack(jobs: readonly PoolJob[]): void {
    if (jobs.length > 0) this.#waiting = new Set([...jobs, ...this.#waiting]);
  }

  /** Writes what waits as far as there is room; answers whether anything was written. */
  giveWaiting(): boolean {
    const before = this.#waiting.size;
    for (const job of this.#waiting) {
      if (!this.#writeAnywhere(job)) break;
      this.#waiting.delete(job);
    }
    return this.#waiting.size < before;
  }

  /** Takes one of the waiting jobs out; false when it is not among them. */
  withdraw(job: PoolJob): boolean {
    return this.#waiting.delete(job);
  }

  takeWaiting(): readonly PoolJob[] {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    return waiting;
  }

  /** Moves unclaimed jobs from busy lanes to members that have none; answers whether anything was written. */
  balance(): boolean {
    if (this.#waiting.size > 0 || !this.#members.some((member) => this.#isIdle(member))) return false;
    const busy = this.#members.filter(({ lane }) => lane.inFlight.size > 1);
    busy.sort((a, b) => b.lane.inFlight.size - a.lane.inFlight.size);
    for (const member of busy) {
      const most = Math.min(MAX_MOVED, Math.ceil((member.lane.inFlight.size - 1) / 2));
      // Empty when all are claimed, as asynchronous runs are.
      this.putBack(this.takeBack(member, most));
      if (this.#waiting.size > 0) return this.giveWaiting();
    }
    return false;
  }

  /**
   * Takes back what waits in lanes whose member has claimed nothing since the last call, and gives such a lane nothing
   * more until it moves. Answers whether there is reason to call it again: something waits in a lane.
   */
  relieve(): boolean {
    // With one member there is nobody else to run it.
    if (this.#members.length < 2) return false;
    let isWorthwhile = false;
    const taken: PoolJob[] = [];
    for (const member of this.#members) {
      const { lane } = member;
      if (lane.look()) isWorthwhile = true;
      if (lane.isStalled) taken.push(...this.takeBack(member));
    }
    if (taken.length > 0) this.#runTime.learnOfStall();
    this.putBack(taken);
    return isWorthwhile;
  }

  /** Recalls up to `most` unclaimed jobs, the newest ones, and answers them in their order. */
  takeBack(from: FedMember, most = Infinity): readonly PoolJob[] {
    const jobs: PoolJob[] = [];
    let entry = from.lane.inFlight.last;
    while (entry !== null && jobs.length < most) {
      const { job, previous } = entry;
      // Records are claimed in order: what stands before a claimed one is claimed too.
      if (job === null || from.lane.isClaimed(entry)) break;
      // What was given away with a job cannot go to another member.
      if (job.parcel == null && from.lane.recall(entry)) {
        from.limits.forget(entry);
        from.assignedCount--;
        jobs.push(job);
      }
      entry = previous;
    }
    return jobs.reverse();
  }

  #leastBusy(): FedMember | null {
    let best: FedMember | null = null;
    for (const member of this.#members) {
      if (this.#roomOf(member) <= 0) continue;
      if (best === null || member.lane.inFlight.takenSlots < best.lane.inFlight.takenSlots) best = member;
    }
    return best;
  }

  #isIdle(member: FedMember): boolean {
    return member.lane.inFlight.takenSlots === 0 && this.#roomOf(member) > 0;
  }

  #writeAnywhere(job: PoolJob): boolean {
    const best = this.#leastBusy();
    if (best === null || !this.#mayTake(best, job)) return false;
    if (this.#write(best, job)) return true;
    return this.#members.some((member) => this.#roomOf(member) > 0 && this.#write(member, job));
  }

  /** Whether the least busy member may have it, room in its ring aside. */
  #mayTake({ lane }: FedMember, job: PoolJob): boolean {
    // A parcel cannot be recalled, so it waits for nobody in a lane, but here.
    if (job.parcel != null) return lane.inFlight.takenSlots < lane.sizes.slotCount;
    const bodyBytes = (job.bodyEnd ?? job.body.length) - (job.bodyStart ?? 0);
    if (bodyBytes <= lane.maxInlineBytes) return true;
    let heldBytes = 0;
    for (const member of this.#members) heldBytes += member.lane.inFlight.bulkBytes;
    // One that is larger than all that may be held goes alone.
    return heldBytes === 0 || heldBytes + bodyBytes <= this.#options.maxRetainedBytes;
  }

  #roomOf(member: FedMember): number {
    const { lane } = member;
    if (lane.isStalled) return 0;
    const byDepth = this.#runTime.depth - 1 + lane.sizes.slotCount - lane.inFlight.takenSlots;
    return Math.min(byDepth, this.#options.maxTasksPerMember - member.assignedCount);
  }

  #write(member: FedMember, job: PoolJob): boolean {
    const entry = member.lane.writeTask(job);
    if (entry === null) return false;
    member.assignedCount++;
    member.limits.watch(entry);
    return true;
  }
}
