/**
 * Decides which member gets a job: the one with the least to do. Lanes are filled deep while runs are short, so that a
 * member never waits for the host, and flat while they are long; and what a busy member has not claimed goes to an idle
 * one (`balance`), so that one long task never holds up short ones.
 */
import type { PoolJob } from '../../core/ports/pool.js';
import type { MemberHandle } from './member-handle.js';

/** A lane holds about this much work. Long enough to cover a garbage collection of the host. */
const LANE_WORK_MS = 8;
const MAX_DEPTH = 1024;
/** Before anything has been measured. */
const FIRST_DEPTH = 64;
/** Weight of the newest measure in the moving average. */
const NEW_WEIGHT = 0.25;
/** Most jobs that move at once: the rest may move a turn later. */
const MAX_MOVED = 64;

export class Dispatcher {
  readonly #maxTasksPerMember: number;
  /** Members that take jobs. */
  #members: readonly MemberHandle[] = [];
  #runMs: number | null = null;
  #depth = FIRST_DEPTH;

  constructor(maxTasksPerMember: number) {
    this.#maxTasksPerMember = maxTasksPerMember;
  }

  setMembers(members: readonly MemberHandle[]): void {
    this.#members = members;
  }

  /** Jobs that a lane holds at most, beside those that run at once. */
  get depth(): number {
    return this.#depth;
  }

  /** Whether any lane takes another job, as far as its depth goes. */
  get hasRoom(): boolean {
    return this.#leastBusy() !== null;
  }

  /** Learns from runs that ended: their number and the time they took together. */
  learn(runs: number, busyUs: number): void {
    if (runs <= 0 || busyUs < 0) return;
    const runMs = busyUs / runs / 1000;
    this.#runMs = this.#runMs === null ? runMs : this.#runMs + (runMs - this.#runMs) * NEW_WEIGHT;
    this.#depth = Math.max(1, Math.min(MAX_DEPTH, Math.floor(LANE_WORK_MS / Math.max(this.#runMs, 1e-6))));
  }

  /** Writes the job to a lane, unpublished, and answers whose; null when every lane is full. */
  give(job: PoolJob): MemberHandle | null {
    const best = this.#leastBusy();
    if (best === null || this.#write(best, job)) return best;
    for (const member of this.#members) {
      if (this.#roomOf(member) > 0 && this.#write(member, job)) return member;
    }
    return null;
  }

  /** Takes unclaimed jobs from the busiest lane for a member that has none; empty when there is nothing to move. */
  takeForIdle(): readonly PoolJob[] {
    const idle = this.#members.some((member) => member.lane.inFlight.size === 0 && this.#roomOf(member) > 0);
    if (!idle) return [];
    let from: MemberHandle | null = null;
    for (const member of this.#members) {
      if (member.lane.inFlight.size > (from?.lane.inFlight.size ?? 1)) from = member;
    }
    if (from === null) return [];
    const most = Math.min(MAX_MOVED, Math.ceil((from.lane.inFlight.size - 1) / 2));
    return this.takeBack(from, most);
  }

  /** Recalls up to `most` unclaimed jobs, the newest ones, and answers them in their order. */
  takeBack(from: MemberHandle, most: number): readonly PoolJob[] {
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

  #leastBusy(): MemberHandle | null {
    let best: MemberHandle | null = null;
    for (const member of this.#members) {
      if (this.#roomOf(member) <= 0) continue;
      if (best === null || member.lane.inFlight.size < best.lane.inFlight.size) best = member;
    }
    return best;
  }

  #roomOf(member: MemberHandle): number {
    const { lane } = member;
    const byDepth = this.#depth - 1 + lane.sizes.slotCount - lane.inFlight.size;
    return Math.min(byDepth, this.#maxTasksPerMember - member.assignedCount);
  }

  #write(member: MemberHandle, job: PoolJob): boolean {
    const entry = member.lane.writeTask(job);
    if (entry === null) return false;
    member.assignedCount++;
    member.limits.watch(entry);
    return true;
  }
}
