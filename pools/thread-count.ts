/**
 * How many members a `ThreadPool` has, between its least and its most: one more for each run that finds no room, one more
 * while those that have found room would wait longer than a thread takes to start, and back to what is in use when that
 * has lasted. Host thread.
 */
import type { Clock, TimerHandle } from '../core/kernel/clock.js';
import { checkThreads } from './thread-pool-options.js';

export interface ThreadCountOptions {
  readonly minThreads: number;
  readonly maxThreads: number;
  /** null never gives up a member. */
  readonly idleTimeoutMs: number | null;
}

/** What a pool has to do. */
export interface PoolLoad {
  /** Runs that are with a member and cannot have begun, at least. */
  readonly waiting: number;
  /** Runs that have ever ended. */
  readonly ended: number;
}

/** Between two looks at runs that wait. */
const LOOK_MS = 10;
/** What starting a thread takes, about. */
const START_MS = 50;

export class ThreadCount {
  readonly #clock: Clock;
  readonly #idleTimeoutMs: number | null;
  readonly #onSize: (size: number) => void;
  readonly #load: () => PoolLoad;
  #least: number;
  #most: number;
  #size: number;
  /** Most members that were in use at once since the timer was set. */
  #used = 0;
  #timer: TimerHandle | null = null;
  #pressTimer: TimerHandle | null = null;
  #endedSeen = 0;

  constructor(
    options: ThreadCountOptions,
    clock: Clock,
    pool: { readonly onSize: (size: number) => void; readonly load: () => PoolLoad },
  ) {
    this.#least = options.minThreads;
    this.#most = options.maxThreads;
    this.#size = options.minThreads;
    this.#idleTimeoutMs = options.idleTimeoutMs;
    this.#clock = clock;
    this.#onSize = pool.onSize;
    this.#load = pool.load;
  }

  get size(): number {
    return this.#size;
  }

  get canGrow(): boolean {
    return this.#size < this.#most;
  }

  /** @throws ConfigError unless both are whole numbers from 1 to 1024 in their order. */
  setBounds(minThreads: number, maxThreads: number): void {
    checkThreads(minThreads, maxThreads);
    this.#least = minThreads;
    this.#most = maxThreads;
    this.#set(Math.min(Math.max(this.#size, minThreads), maxThreads));
  }

  /** A run has to wait. */
  grow(): void {
    this.#used = this.#size;
    if (this.canGrow) this.#set(this.#size + 1);
  }

  /** More runs are open than members can run: in a while it is looked at whether they get on. */
  press(): void {
    if (this.#pressTimer !== null) return;
    this.#endedSeen = this.#load().ended;
    this.#pressTimer = this.#clock.after(LOOK_MS, this.#look, { keepsAlive: false });
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
    this.#pressTimer?.cancel();
  }

  readonly #look = (): void => {
    this.#pressTimer = null;
    const { waiting, ended } = this.#load();
    if (waiting <= 0) return;
    if (waiting * LOOK_MS > (ended - this.#endedSeen) * START_MS) this.grow();
    if (this.canGrow) this.press();
  };

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
