/**
 * Looks for members that do not get to what waits in their lanes, while something waits: a host whose other members are
 * idle gets no bell and would never look. One timer for the pool, armed by whoever writes records, and gone by itself
 * when no lane holds more than its member runs. Host thread.
 */
import type { Clock, TimerHandle } from '../../core/kernel/clock.js';

export class StallWatch {
  readonly #clock: Clock;
  readonly #look: () => boolean;
  readonly #periodMs: () => number;
  #timer: TimerHandle | null = null;
  #isClosed = false;

  /**
   * @param look takes back what waits behind long runs; answers whether there is anything to look for
   * @param periodMs time until the next look
   */
  constructor(clock: Clock, look: () => boolean, periodMs: () => number) {
    this.#clock = clock;
    this.#look = look;
    this.#periodMs = periodMs;
  }

  arm(): void {
    if (this.#timer !== null || this.#isClosed) return;
    this.#timer = this.#clock.after(this.#periodMs(), this.#fire, { keepsAlive: false });
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
  }

  readonly #fire = (): void => {
    this.#timer = null;
    if (this.#look()) this.arm();
  };
}
