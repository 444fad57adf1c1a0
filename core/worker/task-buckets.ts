/**
 * Rate limits (WORK-30 to 34): a token bucket for each task that has one, its requests in order behind it, and one timer.
 * Limits hold for this worker and can be changed while it runs. With a broker that keeps delays a bucket holds no more
 * than its share of the prefetch window; the rest goes back until it can be its turn (BUG-12). Host thread.
 */
import type { Clock, TimerHandle } from '../kernel/clock.js';
import { Fifo } from '../kernel/fifo.js';
import { TokenBucket } from '../kernel/token-bucket.js';
import type { PrefetchWindow } from './prefetch-window.js';
import type { Request } from './request.js';

export interface TaskBucketsOptions {
  readonly clock: Clock;
  /** The broker keeps a delay itself. */
  readonly hasNativeDelay: boolean;
  readonly window: Pick<PrefetchWindow, 'base'>;
  /** A token was taken for this request: it may run. */
  readonly onTurn: (request: Request) => void;
}

interface TaskBucket {
  readonly bucket: TokenBucket;
  readonly waiting: Fifo<Request>;
  timer: TimerHandle | null;
}

/** `go`: it may run; `wait`: it is held; a number: it goes back to the broker for so many ms. */
export type Turn = 'go' | 'wait' | number;

export class TaskBuckets {
  readonly #options: TaskBucketsOptions;
  readonly #buckets = new Map<string, TaskBucket>();

  constructor(options: TaskBucketsOptions) {
    this.#options = options;
  }

  /** No task has a limit. */
  get isEmpty(): boolean {
    return this.#buckets.size === 0;
  }

  /** Requests that wait for their turn. */
  get waiting(): number {
    let sum = 0;
    for (const { waiting } of this.#buckets.values()) sum += waiting.size;
    return sum;
  }

  /**
   * Sets or (null) lifts the limit of a task, in tokens a second. What waits stays in order: in the new bucket, or it
   * gets its turn at once.
   */
  setLimit(taskName: string, ratePerSecond: number | null): void {
    const old = this.#buckets.get(taskName);
    old?.timer?.cancel();
    this.#buckets.delete(taskName);
    if (ratePerSecond === null) {
      for (const request of old?.waiting.takeAll() ?? []) this.#options.onTurn(request);
      return;
    }
    const bucket = new TokenBucket(ratePerSecond, this.#options.clock.nowMonoMs());
    const renewed: TaskBucket = { bucket, waiting: old?.waiting ?? new Fifo(), timer: null };
    this.#buckets.set(taskName, renewed);
    if (renewed.waiting.size > 0) this.#serve(renewed);
  }

  /** Tokens a second of a task; null without a limit. */
  rateOf(taskName: string): number | null {
    return this.#buckets.get(taskName)?.bucket.ratePerSecond ?? null;
  }

  offer(request: Request): Turn {
    const taskBucket = this.#buckets.get(request.message.task);
    if (taskBucket === undefined) return 'go';
    const { bucket, waiting } = taskBucket;
    if (waiting.size === 0 && bucket.tryTake(this.#options.clock.nowMonoMs())) return 'go';
    const share = this.#share();
    if (share !== null && waiting.size >= share) return (waiting.size * 1_000) / bucket.ratePerSecond;
    waiting.push(request);
    this.#arm(taskBucket);
    return 'wait';
  }

  /** Gives a request up; false when it does not wait here. */
  remove(request: Request): boolean {
    const taskBucket = this.#buckets.get(request.message.task);
    if (taskBucket === undefined) return false;
    const all = taskBucket.waiting.takeAll();
    const others = all.filter((one) => one !== request);
    for (const other of others) taskBucket.waiting.push(other);
    if (taskBucket.waiting.size === 0) this.#disarm(taskBucket);
    return others.length < all.length;
  }

  /** Takes everything that waits out; the buckets stay. */
  takeAll(): readonly Request[] {
    return [...this.#buckets.values()].flatMap((taskBucket) => {
      this.#disarm(taskBucket);
      return taskBucket.waiting.takeAll();
    });
  }

  /** Half of the window is for others; null when nothing can be parked at the broker, or there is no window. */
  #share(): number | null {
    const { hasNativeDelay, window } = this.#options;
    return hasNativeDelay && window.base > 0 ? Math.max(1, Math.floor(window.base / 2)) : null;
  }

  #serve(taskBucket: TaskBucket): void {
    const { bucket, waiting } = taskBucket;
    const { clock, onTurn } = this.#options;
    for (let request = waiting.peek(); request !== undefined; request = waiting.peek()) {
      if (!bucket.tryTake(clock.nowMonoMs())) break;
      waiting.shift();
      onTurn(request);
    }
    this.#arm(taskBucket);
  }

  #arm(taskBucket: TaskBucket): void {
    if (taskBucket.timer !== null || taskBucket.waiting.size === 0) return;
    const { clock } = this.#options;
    const serve = (): void => {
      taskBucket.timer = null;
      this.#serve(taskBucket);
    };
    taskBucket.timer = clock.after(taskBucket.bucket.waitMs(clock.nowMonoMs()), serve, { keepsAlive: false });
  }

  #disarm(taskBucket: TaskBucket): void {
    taskBucket.timer?.cancel();
    taskBucket.timer = null;
  }
}
