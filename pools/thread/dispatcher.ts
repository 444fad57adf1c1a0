/**
 * Decides which member gets a job: the one with the least to do. Lanes are filled deep while runs are short, so that a
 * member never waits for the host, and flat while they are long; and what a busy member has not claimed goes to an idle
 * one (`balance`), so that one long task never holds up short ones. Jobs that come back from a member wait here, ahead of
 * new ones. It writes records and publishes none: the pool flushes once a turn.
 */
import type { PoolJob } from '../../core/ports/pool.js';
import type { InFlightEntry } from './in-flight.js';
import type { Lane } from './lane.js';

/** A lane holds about this much work. Long enough to cover a garbage collection of the host. */
const LANE_WORK_MS = 8;
const MAX_DEPTH = 1024;
/** Before anything has been measured. */
const FIRST_DEPTH = 64;
/** Weight of the newest measure in the moving average. */
const NEW_WEIGHT = 0.25;
/** Most jobs that move at once: the rest may move a turn later. */
const MAX_MOVED = 64;

/** A member as far as dispatching is concerned. */
export interface FedMember {
  readonly lane: Lane;
  readonly limits: { watch(entry: InFlightEntry): void; forget(entry: InFlightEntry): void };
  /** Jobs that were ever handed to it and not taken back. */
  assignedCount: number;
}

export class Dispatcher {
  readonly #maxTasksPerMember: number;
  /** Members that take jobs. */
  #members: readonly FedMember[] = [];
  /** Jobs that a member gave back, in their order. */
  #waiting: readonly PoolJob[] = [];
  #runMs: number | null = null;
  #depth = FIRST_DEPTH;

  constructor(maxTasksPerMember: number) {
    this.#maxTasksPerMember = maxTasksPerMember;
  }

  /** Jobs that a lane takes now. */
  get depth(): number {
    return this.#depth;
  }

  setMembers(members: readonly FedMember[]): void {
    this.#members = members;
  }

  /** Whether a new job may be given: none waits before it, and a lane takes another, as far as its depth goes. */
  get hasRoom(): boolean {
    return this.#waiting.length === 0 && this.#leastBusy() !== null;
  }

  /** Learns from runs that ended: their number and the time they took together. */
  learn(runs: number, busyUs: number): void {
    if (runs <= 0 || busyUs < 0) return;
    const runMs = busyUs / runs / 1000;
    this.#runMs = this.#runMs === null ? runMs : this.#runMs + (runMs - this.#runMs) * NEW_WEIGHT;
    this.#depth = Math.max(1, Math.min(MAX_DEPTH, Math.floor(LANE_WORK_MS / Math.max(this.#runMs, 1e-6))));
  }

  /** Writes a new job to a lane; false when others wait before it or every lane is full. */
  give(job: PoolJob): boolean {
    return this.#waiting.length === 0 && this.#writeAnywhere(job);
  }

  /** Takes jobs that a member gave back; they are older than what waits. */
  putBack(jobs: readonly PoolJob[]): void {
    if (jobs.length > 0) this.#waiting = [...jobs, ...this.#waiting];
  }

  /** Writes what waits as far as there is room; answers whether anything was written. */
  giveWaiting(): boolean {
    if (this.#waiting.length === 0) return false;
    const given = this.#waiting.findIndex((job) => !this.#writeAnywhere(job));
    this.#waiting = given === -1 ? [] : this.#waiting.slice(given);
    return given !== 0;
  }

  /** Takes one of the waiting jobs out; false when it is not among them. */
  withdraw(job: PoolJob): boolean {
    const at = this.#waiting.indexOf(job);
    if (at !== -1) this.#waiting = this.#waiting.toSpliced(at, 1);
    return at !== -1;
  }

  takeWaiting(): readonly PoolJob[] {
    const waiting = this.#waiting;
    this.#waiting = [];
    return waiting;
  }

  /** Moves unclaimed jobs from busy lanes to members that have none; answers whether anything was written. */
  balance(): boolean {
    if (this.#waiting.length > 0 || !this.#members.some((member) => this.#isIdle(member))) return false;
    const busy = this.#members.filter(({ lane }) => lane.inFlight.size > 1);
    busy.sort((a, b) => b.lane.inFlight.size - a.lane.inFlight.size);
    for (const member of busy) {
      const most = Math.min(MAX_MOVED, Math.ceil((member.lane.inFlight.size - 1) / 2));
      // Empty when all are claimed, as asynchronous runs are.
      this.putBack(this.takeBack(member, most));
      if (this.#waiting.length > 0) return this.giveWaiting();
    }
    return false;
  }

  /** Recalls up to `most` unclaimed jobs, the newest ones, and answers them in their order. */
  takeBack(from: FedMember, most = Infinity): readonly PoolJob[] {
    const jobs: PoolJob[] = [];
    let entry = from.lane.inFlight.last;
    while (entry !== null && jobs.length < most) {
      const { job, previous } = entry;
      // Records are claimed in order: what stands before a claimed one is claimed too.
      if (job === null || !from.lane.recall(entry)) break;
      from.limits.forget(entry);
      from.assignedCount--;
      jobs.push(job);
      entry = previous;
    }
    return jobs.reverse();
  }

  #leastBusy(): FedMember | null {
    let best: FedMember | null = null;
    for (const member of this.#members) {
      if (this.#roomOf(member) <= 0) continue;
      if (best === null || member.lane.inFlight.size < best.lane.inFlight.size) best = member;
    }
    return best;
  }

  #isIdle(member: FedMember): boolean {
    return member.lane.inFlight.size === 0 && this.#roomOf(member) > 0;
  }

  #writeAnywhere(job: PoolJob): boolean {
    const best = this.#leastBusy();
    if (best === null) return false;
    if (this.#write(best, job)) return true;
    return this.#members.some((member) => this.#roomOf(member) > 0 && this.#write(member, job));
  }

  #roomOf(member: FedMember): number {
    const { lane } = member;
    const byDepth = this.#depth - 1 + lane.sizes.slotCount - lane.inFlight.size;
    return Math.min(byDepth, this.#maxTasksPerMember - member.assignedCount);
  }

  #write(member: FedMember, job: PoolJob): boolean {
    const entry = member.lane.writeTask(job);
    if (entry === null) return false;
    member.assignedCount++;
    member.limits.watch(entry);
    return true;
  }
}
