/** Bounds what is under way in count and bytes; what comes beyond the bound waits its turn, in order, to its deadline. */
import type { Clock } from './clock.js';
import { TimeoutError } from './errors.js';

export interface CreditGateOptions {
  readonly maxCount: number;
  readonly maxBytes: number;
  readonly clock: Clock;
}

interface Waiter {
  readonly bytes: number;
  readonly enter: () => void;
}

export class CreditGate {
  readonly #options: CreditGateOptions;
  readonly #waiting: Waiter[] = [];
  #count = 0;
  #bytes = 0;

  constructor(options: CreditGateOptions) {
    this.#options = options;
  }

  /** Takes credit at once if there is some and nobody waits; one item may always enter an empty gate, however large. */
  tryEnter(bytes: number): boolean {
    if (this.#waiting.length > 0 || !this.#hasRoom(bytes)) return false;
    this.#count++;
    this.#bytes += bytes;
    return true;
  }

  /** Resolves when credit was taken. @throws TimeoutError after `timeoutMs`. */
  enter(bytes: number, timeoutMs: number): Promise<void> {
    if (this.tryEnter(bytes)) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const timer = this.#options.clock.after(timeoutMs, () => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        reject(new TimeoutError(`no room among unconfirmed messages for ${String(timeoutMs)} ms`));
      });
      const waiter: Waiter = {
        bytes,
        enter: () => {
          timer.cancel();
          resolve();
        },
      };
      this.#waiting.push(waiter);
    });
  }

  /** Gives back the credit of one item and lets in those who wait. */
  leave(bytes: number): void {
    this.#count--;
    this.#bytes -= bytes;
    for (let next = this.#waiting[0]; next !== undefined && this.#hasRoom(next.bytes); next = this.#waiting[0]) {
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
}
