/**
 * A job with an ordering key or a cap as the pool behind the turnstile sees it: everything is the caller's job's, and the
 * end is told to the turnstile, too, after the caller. Host thread. Jobs without labels never get one of these.
 */
import type { MessagePort } from 'node:worker_threads';
import type { TerminatedError, TimeLimitExceeded, WorkerLostError } from '../core/kernel/errors.js';
import type { MemberInfo, PoolJob } from '../core/ports/pool.js';
import { Pass } from './turnstile.js';

export class GatedJob extends Pass implements PoolJob {
  readonly job: PoolJob;
  /** The pool behind has it. */
  isInside = false;
  /** Its end is being told: whoever hears it may submit the same job again. */
  hasEnded = false;
  readonly #onEnd: (gated: GatedJob) => void;

  constructor(job: PoolJob, onEnd: (gated: GatedJob) => void) {
    super(job.orderingKey ?? null, job.cap ?? null);
    this.job = job;
    this.#onEnd = onEnd;
  }

  get head(): string {
    return this.job.head;
  }

  get body(): Uint8Array {
    return this.job.body;
  }

  get bodyStart(): number {
    return this.job.bodyStart ?? 0;
  }

  get bodyEnd(): number {
    return this.job.bodyEnd ?? this.job.body.length;
  }

  get parcel(): MessagePort | null {
    return this.job.parcel ?? null;
  }

  get timeLimitMs(): number | null {
    return this.job.timeLimitMs;
  }

  get softTimeLimitMs(): number | null {
    return this.job.softTimeLimitMs;
  }

  get wantsAccepted(): boolean {
    return this.job.wantsAccepted;
  }

  onAccepted(member: MemberInfo): void {
    this.job.onAccepted(member);
  }

  onOutcome(kind: number, payload: Uint8Array): void {
    this.hasEnded = true;
    this.job.onOutcome(kind, payload);
    this.#onEnd(this);
  }

  onOutcomeRange(kind: number, bytes: Buffer, start: number, end: number): void {
    this.hasEnded = true;
    if (this.job.onOutcomeRange === undefined) this.job.onOutcome(kind, bytes.subarray(start, end));
    else this.job.onOutcomeRange(kind, bytes, start, end);
    this.#onEnd(this);
  }

  onOutcomeParcel(kind: number, parcel: MessagePort): void {
    this.hasEnded = true;
    if (this.job.onOutcomeParcel === undefined) {
      parcel.close();
      this.job.onOutcome(kind, new Uint8Array(0));
    } else this.job.onOutcomeParcel(kind, parcel);
    this.#onEnd(this);
  }

  onLost(error: WorkerLostError): void {
    this.hasEnded = true;
    this.job.onLost(error);
    this.#onEnd(this);
  }

  onTimeLimit(error: TimeLimitExceeded): void {
    this.hasEnded = true;
    this.job.onTimeLimit(error);
    this.#onEnd(this);
  }

  onLateEnd(kind: number, payload: Uint8Array): void {
    this.job.onLateEnd?.(kind, payload);
  }

  onSoftTimeLimit(): void {
    this.job.onSoftTimeLimit?.();
  }

  onTerminated(error: TerminatedError, started: boolean): void {
    this.hasEnded = true;
    this.job.onTerminated(error, started);
    this.#onEnd(this);
  }
}
