/** Keeps the process from ending while a pool has work that nothing else would wait for: a promise that no handle is behind. */
import type { Clock, TimerHandle } from '../core/kernel/clock.js';

/** Longer than any process lives. */
const FOREVER_MS = 2 ** 31 - 1;

export class KeepAlive {
  readonly #clock: Clock;
  #timer: TimerHandle | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  hold(): void {
    this.#timer ??= this.#clock.after(FOREVER_MS, () => undefined);
  }

  release(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }
}
