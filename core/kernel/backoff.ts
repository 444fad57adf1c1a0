/** Exponential backoff with full jitter. */
import type { Random } from './random.js';

export interface BackoffOptions {
  /** Delay of the first attempt, milliseconds. */
  readonly initialMs: number;
  /** Longest delay, milliseconds. */
  readonly maxMs: number;
}

export class Backoff {
  readonly #options: BackoffOptions;
  readonly #random: Random;
  #attempt = 0;

  constructor(options: BackoffOptions, random: Random) {
    this.#options = options;
    this.#random = random;
  }

  /** Attempts since the last `reset()`. */
  get attempt(): number {
    return this.#attempt;
  }

  /** Delay before the next attempt: uniform between half of the exponential step and the whole of it, in ms. */
  nextMs(): number {
    const stepMs = Math.min(this.#options.maxMs, this.#options.initialMs * 2 ** Math.min(this.#attempt, 30));
    this.#attempt++;
    return stepMs / 2 + (this.#random.float() * stepMs) / 2;
  }

  reset(): void {
    this.#attempt = 0;
  }
}
