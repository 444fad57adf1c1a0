/** Bounds what is under way in count and bytes; what comes beyond the bound waits its turn, in order, to its deadline. */
import type { Clock, TimerHandle } from './clock.js';
import { TimeoutError } from './errors.js';
import { Fifo } from './fifo.js';

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
  /** All wait equally long, so only the oldest needs a timer. */
  readonly #waiting = new Fifo<Waiter>();
  #timer: TimerHandle | null = null;
  #count = 0;
  #bytes = 0;

  constructor(options: CreditGateOptions) {
    this.#options = options;
  }

  /** Takes credit at once if there is some and nobody waits; one item may always enter an empty gate, however large. */
  tryEnter(bytes: number): boolean {
    if (this.#waiting.size > 0 || !this.#hasRoom(bytes)) return false;
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
    for (
      let next = this.#waiting.peek();
      next !== undefined && this.#hasRoom(next.bytes);
      next = this.#waiting.peek()
    ) {
      this.#waiting.shift();
      this.#count++;
      this.#bytes += next.bytes;
      next.enter();
    }
  }

  #hasRoom(bytes: number): boolean {
    const { maxCount, maxBytes } = this.#options;
    return this.#count === 0 || (this.#count < maxCount && this.#bytes + bytes <= maxBytes);
  }

  #watchOldest(): void {
    const oldest = this.#waiting.peek();
    if (this.#timer !== null || oldest === undefined) return;
    const { clock, timeoutMs } = this.#options;
    const refuseLate = (): void => {
      this.#timer = null;
      const now = clock.nowMonoMs();
      for (
        let next = this.#waiting.peek();
        next !== undefined && next.deadlineMonoMs <= now;
        next = this.#waiting.peek()
      ) {
        this.#waiting.shift();
        next.refuse(new TimeoutError(`no room among unconfirmed messages for ${String(timeoutMs)} ms`));
      }
      this.#watchOldest();
    };
    // What is under way keeps the process alive; the timer may outlive the last waiter and must not.
    this.#timer = clock.after(oldest.deadlineMonoMs - clock.nowMonoMs(), refuseLate, { keepsAlive: false });
  }
}
