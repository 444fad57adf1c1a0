/**
 * Jobs that wait on the host for a member, for pools that hand over one at a time: in order, any of them taken out in
 * constant time. Jobs that come back stand before all others. Host thread.
 */
import type { PoolJob } from '../core/ports/pool.js';

export class WaitingJobs {
  #jobs = new Set<PoolJob>();

  get size(): number {
    return this.#jobs.size;
  }

  add(job: PoolJob): void {
    this.#jobs.add(job);
  }

  /** Takes the first one; null when there is none. */
  take(): PoolJob | null {
    for (const job of this.#jobs) {
      this.#jobs.delete(job);
      return job;
    }
    return null;
  }

  /** Jobs that were taken and never began; they are older than what waits. */
  putBack(jobs: readonly PoolJob[]): void {
    if (jobs.length > 0) this.#jobs = new Set([...jobs, ...this.#jobs]);
  }

  /** Takes a job out for good; false when it is not here. */
  withdraw(job: PoolJob): boolean {
    return this.#jobs.delete(job);
  }

  takeAll(): readonly PoolJob[] {
    const all = [...this.#jobs];
    this.#jobs.clear();
    return all;
  }
}
