/** A pool whose runs end when the test says so: for what stands in front of a pool. */
import { TerminatedError, TimeLimitExceeded, WorkerLostError } from '../../core/kernel/errors.js';
import type { MemberInfo, Pool, PoolHandlers, PoolJob, PoolSnapshot } from '../../core/ports/pool.js';

const MEMBER: MemberInfo = { index: 0, epoch: 1, threadId: 1 };

export class ManualPool implements Pool {
  readonly capabilities = {
    kind: 'manual',
    endsComputations: true,
    interruptsComputations: false,
    containsCrashes: false,
    replacesMembers: false,
  };
  readonly handlers: PoolHandlers;
  /** In the order of their submission; `started` ones cannot be recalled. */
  readonly jobs: { readonly job: PoolJob; started: boolean }[] = [];
  /** Jobs that it holds at once. */
  capacity: number;
  #isRoomWanted = false;
  isClosed = false;

  constructor(handlers: PoolHandlers, capacity: number) {
    this.handlers = handlers;
    this.capacity = capacity;
  }

  start(): Promise<readonly unknown[]> {
    return Promise.resolve([]);
  }

  submit(job: PoolJob): boolean {
    if (this.jobs.length >= this.capacity || this.isClosed) {
      this.#isRoomWanted = true;
      return false;
    }
    this.jobs.push({ job, started: false });
    return true;
  }

  begin(at: number): void {
    const entry = this.jobs[at];
    if (entry === undefined || entry.started) return;
    entry.started = true;
    entry.job.onAccepted(MEMBER);
  }

  /** Ends the job at `at`, counted by submission; there may be fewer. */
  end(at: number, how: 'outcome' | 'lost' | 'time-limit' | 'terminated' = 'outcome'): void {
    const [entry] = this.jobs.splice(at, 1);
    if (entry === undefined) return;
    const { job } = entry;
    if (how === 'outcome') job.onOutcome(0, Buffer.from(job.head));
    else if (how === 'lost') job.onLost(new WorkerLostError('lost'));
    else if (how === 'time-limit') job.onTimeLimit(new TimeLimitExceeded(1));
    else job.onTerminated(new TerminatedError('ended'), true);
    this.tellRoom();
  }

  recall(job: PoolJob): boolean {
    const at = this.jobs.findIndex((entry) => entry.job === job && !entry.started);
    if (at === -1) return false;
    this.jobs.splice(at, 1);
    this.tellRoom();
    return true;
  }

  cancel(job: PoolJob, { terminate }: { readonly terminate: boolean }): 'recalled' | 'running' | 'unknown' {
    if (this.recall(job)) return 'recalled';
    const at = this.jobs.findIndex((entry) => entry.job === job);
    if (at === -1) return 'unknown';
    if (terminate) this.end(at, 'terminated');
    return 'running';
  }

  isRunning(job: PoolJob): boolean {
    return this.jobs.some((entry) => entry.job === job && entry.started);
  }

  snapshot(): PoolSnapshot {
    const counts = { completed: 0, lost: 0, recycled: 0, retired: {}, laneDepth: 1, warmSpares: 0, stuckThreads: 0 };
    return { size: 1, members: [], inFlight: this.jobs.length, ...counts };
  }

  renew(): Promise<unknown> {
    return Promise.resolve(null);
  }

  resize(): void {
    // It has the size that the test gave it.
  }

  close(): Promise<void> {
    this.isClosed = true;
    return Promise.resolve();
  }

  tellRoom(): void {
    if (!this.#isRoomWanted) return;
    this.#isRoomWanted = false;
    this.handlers.onRoom();
  }
}
