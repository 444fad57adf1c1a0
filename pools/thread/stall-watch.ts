/**
 * Looks for members that do not get to what waits in their lanes, while something waits: a host whose other members are
 * idle gets no bell and would never look. One timer for the pool, armed by whoever writes records, and gone by itself
 * when no lane holds more than its member runs. Host thread.
 */
import type { Clock, TimerHandle } from '../../core/kernel/clock.js';
import { LANE_WORK_MS } from './run-time.js';

export class StallWatch {
  readonly #clock: Clock;
  readonly #look: () => boolean;
  #timer: TimerHandle | null = null;
  #isClosed = false;

  /** @param look takes back what waits behind long runs; answers whether there is anything to look for */
  constructor(clock: Clock, look: () => boolean) {
    this.#clock = clock;
    this.#look = look;
  }

  arm(): void {
    if (this.#timer !== null || this.#isClosed) return;
    this.#timer = this.#clock.after(LANE_WORK_MS, this.#fire, { keepsAlive: false });
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
