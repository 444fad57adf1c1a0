/**
 * Ordering keys and caps in front of any kind of pool: a job waits here until its key and its cap are free, and only then
 * goes to the pool behind. Host thread; it knows no kind of pool. A job without either goes straight on.
 *
 * Jobs that wait are the pool's as if a member had them queued: `recall` and `cancel` take them back, `close` runs them as
 * far as its time goes. Who finds its labels free but no room behind is refused as any other job, and keeps no label.
 */
import { systemClock, type Clock } from '../core/kernel/clock.js';
import { PoolError, TerminatedError } from '../core/kernel/errors.js';
import { Fifo } from '../core/kernel/fifo.js';
import type { MemberInfo, Pool, PoolCall, PoolHandlers, PoolJob, PoolSnapshot } from '../core/ports/pool.js';
import { GatedJob } from './gated-job.js';
import { Turnstile } from './turnstile.js';

/** Bodies of waiting jobs stay in memory: beyond this many a job is refused, as when every lane is full. */
const MAX_WAITING = 10_000;

export interface GatedPoolOptions {
  /** Most jobs that wait for a key or a cap. @defaultValue 10000 */
  readonly maxWaiting?: number;
  readonly clock?: Clock;
}

export class GatedPool implements Pool {
  readonly #pool: Pool;
  readonly #handlers: PoolHandlers;
  readonly #clock: Clock;
  readonly #maxWaiting: number;
  readonly #turnstile = new Turnstile<GatedJob>((pass) => {
    this.#passed.push(pass);
  });
  /** job → what stands for it, as long as it has not ended. */
  readonly #gated = new Map<PoolJob, GatedJob>();
  /** Waited for a label, have it now, and go to the pool behind as it has room. */
  readonly #passed = new Fifo<GatedJob>();
  /** Jobs of `#gated` that the pool behind does not have. */
  #waiting = 0;
  #isRoomWanted = false;
  #isPumping = false;
  #isClosing = false;
  #isEnding = false;
  /** Calls of `close` that wait until no job does. */
  #onDrained: (() => void)[] = [];

  /** @param open makes the pool behind, with handlers that know the jobs as the caller does */
  constructor(open: (handlers: PoolHandlers) => Pool, handlers: PoolHandlers, options: GatedPoolOptions = {}) {
    this.#handlers = handlers;
    this.#clock = options.clock ?? systemClock;
    this.#maxWaiting = options.maxWaiting ?? MAX_WAITING;
    this.#pool = open({
      ...handlers,
      onCall: (call) => {
        handlers.onCall(call.job instanceof GatedJob ? new GatedCall(call, call.job.job) : call);
      },
      onOutput: (member, stream, text, job) => {
        handlers.onOutput(member, stream, text, job instanceof GatedJob ? job.job : job);
      },
      onRoom: () => {
        this.#isRoomWanted = true;
        this.#pump();
      },
    });
  }

  /** Jobs that wait for a label, or have it now and wait for room. */
  get waitingCount(): number {
    return this.#waiting;
  }

  get capabilities(): Pool['capabilities'] {
    return this.#pool.capabilities;
  }

  start(timeoutMs: number): Promise<readonly unknown[]> {
    return this.#pool.start(timeoutMs);
  }

  submit(job: PoolJob): boolean {
    if (job.orderingKey == null && job.cap == null) return !this.#isClosing && this.#hasWay() && this.#pool.submit(job);
    return this.#submitGated(job);
  }

  cancel(job: PoolJob, options: { readonly terminate: boolean }): 'recalled' | 'running' | 'unknown' {
    const gated = this.#gated.get(job);
    if (gated === undefined) return this.#pool.cancel(job, options);
    if (!gated.isInside) {
      this.#drop(gated);
      return 'recalled';
    }
    const answer = this.#pool.cancel(gated, options);
    if (answer === 'recalled') this.#drop(gated);
    return answer;
  }

  recall(job: PoolJob): boolean {
    const gated = this.#gated.get(job);
    if (gated === undefined) return this.#pool.recall(job);
    if (gated.isInside && !this.#pool.recall(gated)) return false;
    this.#drop(gated);
    return true;
  }

  isRunning(job: PoolJob): boolean {
    const gated = this.#gated.get(job);
    return this.#pool.isRunning(gated ?? job);
  }

  /** Jobs that wait for a label count as in flight. */
  snapshot(): PoolSnapshot {
    const snapshot = this.#pool.snapshot();
    return { ...snapshot, inFlight: snapshot.inFlight + this.#waiting };
  }

  renew(data: unknown): Promise<unknown> {
    return this.#pool.renew(data);
  }

  resize(size: number): void {
    this.#pool.resize(size);
  }

  async close(timeoutMs: number): Promise<void> {
    this.#isClosing = true;
    const endMs = this.#clock.nowMonoMs() + timeoutMs;
    const deadline = this.#clock.after(timeoutMs, () => {
      this.#dropWaiting();
    });
    if (timeoutMs <= 0) this.#dropWaiting();
    if (this.#waiting > 0) await new Promise<void>((resolve) => this.#onDrained.push(resolve));
    deadline.cancel();
    await this.#pool.close(Math.max(0, endMs - this.#clock.nowMonoMs()));
  }

  #submitGated(job: PoolJob): boolean {
    if (this.#isClosing || !this.#hasWay()) return false;
    if (this.#gated.get(job)?.hasEnded === false) throw new PoolError('this job is in the pool already');
    if (this.#waiting >= this.#maxWaiting) {
      this.#isRoomWanted = true;
      return false;
    }
    const gated = new GatedJob(job, this.#onEnd);
    this.#gated.set(job, gated);
    const mayPass = this.#turnstile.enter(gated);
    // A raised limit lets others pass, too, and they have waited. Nobody is told of room before this job is answered for.
    this.#handOnAll();
    if (!mayPass) {
      this.#waiting++;
      return true;
    }
    gated.isInside = true;
    if (this.#passed.size === 0 && this.#pool.submit(gated)) return true;
    this.#forget(gated);
    return false;
  }

  /** Nobody who has waited for a label is overtaken by who has not. */
  #hasWay(): boolean {
    if (this.#passed.size === 0) return true;
    this.#isRoomWanted = true;
    return false;
  }

  readonly #onEnd = (gated: GatedJob): void => {
    this.#forget(gated);
    this.#pump();
  };

  #forget(gated: GatedJob): void {
    // Whoever was told of its end may have submitted the job again.
    if (this.#gated.get(gated.job) === gated) this.#gated.delete(gated.job);
    this.#turnstile.leave(gated);
  }

  /** A job that will never be run, or not here. */
  #drop(gated: GatedJob): void {
    if (!gated.isInside) this.#waiting--;
    this.#onEnd(gated);
  }

  /** Hands on who may pass, and tells whoever waits for that. */
  #pump(): void {
    if (!this.#handOnAll()) return;
    if (this.#waiting === 0) for (const resolve of this.#onDrained.splice(0)) resolve();
    if (!this.#isRoomWanted || this.#passed.size > 0) return;
    this.#isRoomWanted = false;
    this.#handlers.onRoom();
  }

  /** False within itself: a pool may end a job while it is submitted. */
  #handOnAll(): boolean {
    if (this.#isPumping) return false;
    this.#isPumping = true;
    for (let gated = this.#passed.peek(); gated !== undefined && this.#handOn(gated); gated = this.#passed.peek()) {
      this.#passed.shift();
    }
    this.#isPumping = false;
    return true;
  }

  /** False while there is no room for it: the pool behind tells when there is. */
  #handOn(gated: GatedJob): boolean {
    // It was dropped meanwhile.
    if (this.#gated.get(gated.job) !== gated) return true;
    if (this.#isEnding) return false;
    gated.isInside = true;
    if (this.#pool.submit(gated)) {
      this.#waiting--;
      return true;
    }
    gated.isInside = false;
    return false;
  }

  #dropWaiting(): void {
    this.#isEnding = true;
    const error = new TerminatedError('the pool closed before the job had started');
    for (const gated of [...this.#gated.values()]) {
      // Whoever is told of one may take back the next.
      if (gated.isInside || this.#gated.get(gated.job) !== gated) continue;
      this.#drop(gated);
      gated.job.onTerminated(error, false);
    }
  }
}

/** A call as it is, of the job that the caller knows. */
class GatedCall implements PoolCall {
  readonly kind: number;
  readonly payload: Uint8Array;
  readonly job: PoolJob;
  readonly member: MemberInfo;
  readonly #call: PoolCall;

  constructor(call: PoolCall, job: PoolJob) {
    this.#call = call;
    this.kind = call.kind;
    this.payload = call.payload;
    this.member = call.member;
    this.job = job;
  }

  reply(payload: Uint8Array): void {
    this.#call.reply(payload);
  }

  fail(error: Error): void {
    this.#call.fail(error);
  }
}
