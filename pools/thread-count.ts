/**
 * How many members a `ThreadPool` has, between its least and its most: one more for each run that has to wait, and back to
 * what is in use when that has lasted. Host thread.
 */
import type { Clock, TimerHandle } from '../core/kernel/clock.js';
import { checkThreads } from './thread-pool-options.js';

export interface ThreadCountOptions {
  readonly minThreads: number;
  readonly maxThreads: number;
  /** null never gives up a member. */
  readonly idleTimeoutMs: number | null;
}

export class ThreadCount {
  readonly #clock: Clock;
  readonly #idleTimeoutMs: number | null;
  readonly #onSize: (size: number) => void;
  #least: number;
  #most: number;
  #size: number;
  /** Most members that were in use at once since the timer was set. */
  #used = 0;
  #timer: TimerHandle | null = null;

  constructor(options: ThreadCountOptions, clock: Clock, onSize: (size: number) => void) {
    this.#least = options.minThreads;
    this.#most = options.maxThreads;
    this.#size = options.minThreads;
    this.#idleTimeoutMs = options.idleTimeoutMs;
    this.#clock = clock;
    this.#onSize = onSize;
  }

  get size(): number {
    return this.#size;
  }

  /** @throws ConfigError unless both are whole numbers from 1 in their order. */
  setBounds(minThreads: number, maxThreads: number): void {
    checkThreads(minThreads, maxThreads);
    this.#least = minThreads;
    this.#most = maxThreads;
    this.#set(Math.min(Math.max(this.#size, minThreads), maxThreads));
  }

  /** A run has to wait. */
  grow(): void {
    this.#used = this.#size;
    if (this.#size < this.#most) this.#set(this.#size + 1);
  }

  /** So few runs are open that not every member has one. */
  rest(open: number): void {
    if (this.#idleTimeoutMs === null || this.#size === this.#least) return;
    if (open > this.#used) this.#used = open;
    if (this.#timer !== null) return;
    this.#used = open;
    this.#timer = this.#clock.after(this.#idleTimeoutMs, this.#shrink, { keepsAlive: false });
  }

  close(): void {
    this.#timer?.cancel();
  }

  readonly #shrink = (): void => {
    this.#timer = null;
    this.#set(Math.min(this.#size, Math.max(this.#least, this.#used)));
    // Those that were in use now may be idle by the next time.
    if (this.#size > this.#least) this.rest(0);
  };

  #set(size: number): void {
    if (size === this.#size) return;
    this.#size = size;
    this.#onSize(size);
  }
}
