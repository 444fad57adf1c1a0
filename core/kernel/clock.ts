/**
 * Time as a port of the core, so that it can be simulated. `Date.now`, `setTimeout` and friends are forbidden by lint
 * in `core/`; this file is the one exception and the only place where the system's time enters.
 */

export interface TimerHandle {
  /** Stops the timer; harmless after it has fired. */
  cancel(): void;
}

export interface Clock {
  /** Wall clock, milliseconds since 1970 UTC. */
  nowEpochMs(): number;
  /** Monotonic clock, milliseconds from an arbitrary origin that all threads of the process share. */
  nowMonoMs(): number;
  /**
   * Calls `fire` once, `delayMs` from now or later. Delays beyond 2³¹−1 ms are honoured.
   * A timer with `keepsAlive: false` does not keep the process running (default true).
   */
  after(delayMs: number, fire: () => void, options?: { readonly keepsAlive?: boolean }): TimerHandle;
}

/** Longest delay that the runtime's own timers take. */
const MAX_TIMER_MS = 2 ** 31 - 1;

class SystemTimer implements TimerHandle {
  #timer: NodeJS.Timeout | null = null;

  constructor(delayMs: number, fire: () => void, keepsAlive: boolean) {
    const wait = (remainingMs: number): void => {
      const stepMs = Math.min(remainingMs, MAX_TIMER_MS);
      this.#timer = setTimeout(() => {
        if (remainingMs > stepMs) wait(remainingMs - stepMs);
        else fire();
      }, stepMs);
      if (!keepsAlive) this.#timer.unref();
    };
    wait(Math.max(0, delayMs));
  }

  cancel(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}

/** Milliseconds between the origin of `process.hrtime` (shared by all threads) and that of this thread's `performance`. */
const monoOffsetMs = Number(process.hrtime.bigint()) / 1e6 - performance.now();

export const systemClock: Clock = {
  nowEpochMs: () => Date.now(),
  // performance.now() costs a third of process.hrtime(); the offset makes it comparable across threads.
  nowMonoMs: () => performance.now() + monoOffsetMs,
  after: (delayMs, fire, options) => new SystemTimer(delayMs, fire, options?.keepsAlive ?? true),
};
