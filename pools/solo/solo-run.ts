/** One run in the host's own thread: what the program sees as `MemberJob`, and how it may end before its time. */
import type { Clock, TimerHandle } from '../../core/kernel/clock.js';
import { SoftTimeLimitExceeded } from '../../core/kernel/errors.js';
import type { MemberJob } from '../../core/ports/member-program.js';
import type { PoolJob } from '../../core/ports/pool.js';

export class SoloRun implements MemberJob {
  readonly job: PoolJob;
  readonly bodySource: Buffer;
  readonly bodyStart: number;
  readonly bodyEnd: number;
  /** It was told its end, though its promise is open still. */
  isAbandoned = false;
  readonly #clock: Clock;
  readonly #startedMs: number;
  readonly #controller = new AbortController();
  #isSoftTold = false;
  #timers: readonly TimerHandle[] = [];

  constructor(job: PoolJob, clock: Clock) {
    this.job = job;
    this.#clock = clock;
    this.#startedMs = clock.nowMonoMs();
    const { body } = job;
    this.bodySource = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    this.bodyStart = job.bodyStart ?? 0;
    this.bodyEnd = job.bodyEnd ?? body.length;
    if (job.softTimeLimitMs === null) return;
    const { signal } = this.#controller;
    // No timer fires in a synchronous loop, so `aborted` looks at the clock itself.
    Object.defineProperty(signal, 'aborted', {
      get: () => {
        this.#abortIfLate();
        return Reflect.get(AbortSignal.prototype, 'aborted', signal);
      },
    });
  }

  get head(): string {
    return this.job.head;
  }

  get body(): Uint8Array {
    return this.bodySource.subarray(this.bodyStart, this.bodyEnd);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  abort(reason: Error): void {
    this.#controller.abort(reason);
  }

  /** It waits for a promise: from here on its limits can be kept. */
  watchLimits(onHard: () => void): void {
    const { timeLimitMs, softTimeLimitMs } = this.job;
    const elapsedMs = this.#clock.nowMonoMs() - this.#startedMs;
    const timers: TimerHandle[] = [];
    const after = (limitMs: number, fire: () => void): void => {
      timers.push(this.#clock.after(Math.max(0, limitMs - elapsedMs), fire, { keepsAlive: false }));
    };
    if (softTimeLimitMs !== null) {
      // Whatever the clock says: Node's timers count from the start of a turn, so they may be early by a turn's length.
      after(softTimeLimitMs, () => {
        this.#abortSoftly();
      });
    }
    if (timeLimitMs !== null) after(timeLimitMs, onHard);
    this.#timers = timers;
  }

  end(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers = [];
  }

  #abortIfLate(): void {
    if (this.#clock.nowMonoMs() - this.#startedMs >= (this.job.softTimeLimitMs ?? Infinity)) this.#abortSoftly();
  }

  #abortSoftly(): void {
    if (!this.#isSoftTold) this.job.onSoftTimeLimit?.();
    this.#isSoftTold = true;
    this.#controller.abort(new SoftTimeLimitExceeded((this.job.softTimeLimitMs ?? 0) / 1_000));
  }
}
