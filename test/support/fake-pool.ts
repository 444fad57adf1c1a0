/** A Pool whose members are the test: jobs are held until the test starts and ends them. */
import { TerminatedError } from '../../core/kernel/errors.js';
import type { MemberInfo, Pool, PoolCapabilities, PoolJob, PoolSnapshot } from '../../core/ports/pool.js';

const capabilities: PoolCapabilities = {
  kind: 'fake',
  endsComputations: true,
  interruptsComputations: true,
  containsCrashes: true,
  replacesMembers: true,
};

export const member: MemberInfo = { index: 0, epoch: 1, threadId: 7 };

export class FakePool implements Pool {
  readonly capabilities = capabilities;
  /** Jobs taken and not ended, oldest first; true when a member has started it. */
  readonly jobs = new Map<PoolJob, boolean>();
  /** Jobs that it takes at once. */
  capacity: number;
  /** Whether its member takes jobs, or loads. */
  isReady = true;

  constructor(capacity = Infinity) {
    this.capacity = capacity;
  }

  start(): Promise<readonly unknown[]> {
    return Promise.resolve([]);
  }

  submit(job: PoolJob): boolean {
    if (this.jobs.size >= this.capacity) return false;
    this.jobs.set(job, false);
    return true;
  }

  /** A member starts a job that was taken. */
  begin(job: PoolJob): void {
    this.jobs.set(job, true);
    if (job.wantsAccepted) job.onAccepted(member);
  }

  /** A job ends: `tell` calls the one callback that says how. */
  end(job: PoolJob, tell: (job: PoolJob) => void): void {
    this.jobs.delete(job);
    tell(job);
  }

  cancel(job: PoolJob, { terminate }: { readonly terminate: boolean }): 'recalled' | 'running' | 'unknown' {
    if (!this.jobs.has(job)) return 'unknown';
    if (this.recall(job)) return 'recalled';
    if (terminate) {
      this.end(job, () => {
        job.onTerminated(new TerminatedError('terminated'), true);
      });
    }
    return 'running';
  }

  recall(job: PoolJob): boolean {
    return this.jobs.get(job) === false && this.jobs.delete(job);
  }

  isRunning(job: PoolJob): boolean {
    return this.jobs.get(job) === true;
  }

  renew(): Promise<unknown> {
    return Promise.resolve(null);
  }

  snapshot(): PoolSnapshot {
    return {
      size: 1,
      members: [
        {
          ...member,
          state: this.isReady ? 'ready' : 'spawning',
          inFlight: this.jobs.size,
          completed: 0,
          busyMs: 0,
          heapKib: 0,
        },
      ],
      inFlight: this.jobs.size,
      completed: 0,
      lost: 0,
      recycled: 0,
      retired: {},
      laneDepth: 1,
      warmSpares: 0,
      stuckThreads: 0,
    };
  }

  resize(): void {
    throw new Error('this pool has one size');
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
