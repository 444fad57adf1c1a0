/** Bounds what is under way in count and bytes; what comes beyond the bound waits its turn, in order, to its deadline. */
import type { Clock, TimerHandle } from './clock.js';
import { TimeoutError } from './errors.js';

export interface CreditGateOptions {
  readonly maxCount: number;
  readonly maxBytes: number;
  /** Longest wait for room, ms. */
  readonly timeoutMs: number;
  readonly clock: Clock;
}

interface Waiter {
  readonly bytes: number;
  readonly deadlineMonoMs: number;
  readonly enter: () => void;
  readonly refuse: (error: Error) => void;
}

export class CreditGate {
  readonly #options: CreditGateOptions;
  /** Oldest first from `#head` on; all wait equally long, so only the oldest needs a timer. */
  #waiting: Waiter[] = [];
  #head = 0;
  #timer: TimerHandle | null = null;
  #count = 0;
  #bytes = 0;

  constructor(options: CreditGateOptions) {
    this.#options = options;
  }

  /** Takes credit at once if there is some and nobody waits; one item may always enter an empty gate, however large. */
  tryEnter(bytes: number): boolean {
    if (this.#head < this.#waiting.length || !this.#hasRoom(bytes)) return false;
    this.#count++;
    this.#bytes += bytes;
    return true;
  }

  /** Resolves when credit was taken. @throws TimeoutError after `timeoutMs`. */
  enter(bytes: number): Promise<void> {
    if (this.tryEnter(bytes)) return Promise.resolve();
    return new Promise((enter, refuse) => {
      const deadlineMonoMs = this.#options.clock.nowMonoMs() + this.#options.timeoutMs;
      this.#waiting.push({ bytes, deadlineMonoMs, enter, refuse });
      this.#watchOldest();
    });
  }

  /** Gives back the credit of one item and lets in those who wait. */
  leave(bytes: number): void {
    this.#count--;
    this.#bytes -= bytes;
    for (let next = this.#oldest(); next !== undefined && this.#hasRoom(next.bytes); next = this.#oldest()) {
      this.#dropOldest();
      this.#count++;
      this.#bytes += next.bytes;
      next.enter();
    }
  }

  #hasRoom(bytes: number): boolean {
    const { maxCount, maxBytes } = this.#options;
    return this.#count === 0 || (this.#count < maxCount && this.#bytes + bytes <= maxBytes);
  }

  #oldest(): Waiter | undefined {
    return this.#waiting[this.#head];
  }

  #dropOldest(): void {
    this.#head++;
    // Cutting the array once it is half empty keeps a long queue linear where shift() would be quadratic.
    if (this.#head * 2 < this.#waiting.length) return;
    this.#waiting = this.#waiting.slice(this.#head);
    this.#head = 0;
  }

  #watchOldest(): void {
    const oldest = this.#oldest();
    if (this.#timer !== null || oldest === undefined) return;
    const { clock, timeoutMs } = this.#options;
    const refuseLate = (): void => {
      this.#timer = null;
      const now = clock.nowMonoMs();
      for (let next = this.#oldest(); next !== undefined && next.deadlineMonoMs <= now; next = this.#oldest()) {
        this.#dropOldest();
        next.refuse(new TimeoutError(`no room among unconfirmed messages for ${String(timeoutMs)} ms`));
      }
      this.#watchOldest();
    };
    // What is under way keeps the process alive; the timer may outlive the last waiter and must not.
    this.#timer = clock.after(oldest.deadlineMonoMs - clock.nowMonoMs(), refuseLate, { keepsAlive: false });
  }
}
