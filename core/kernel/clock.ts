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

/** A timer of any length: what is longer than the runtime's own take is waited for in steps. */
class SystemTimer implements TimerHandle {
  #timer: NodeJS.Timeout;

  constructor(delayMs: number, fire: () => void, keepsAlive: boolean) {
    // The usual case makes nothing but the runtime's own timer: every publish and every get() has one.
    this.#timer = delayMs <= MAX_TIMER_MS ? setTimeout(fire, delayMs) : this.#step(delayMs, fire, keepsAlive);
    if (!keepsAlive) this.#timer.unref();
  }

  cancel(): void {
    clearTimeout(this.#timer);
  }

  #step(remainingMs: number, fire: () => void, keepsAlive: boolean): NodeJS.Timeout {
    if (remainingMs <= MAX_TIMER_MS) return setTimeout(fire, remainingMs);
    return setTimeout(() => {
      this.#timer = this.#step(remainingMs - MAX_TIMER_MS, fire, keepsAlive);
      if (!keepsAlive) this.#timer.unref();
    }, MAX_TIMER_MS);
  }
}

/** A look at both clocks this close together, ms, is as good as one at once. */
const CLOSE_MS = 0.05;
const LOOKS = 10;

/**
 * Milliseconds between the origin of `process.hrtime` (shared by all threads) and that of this thread's `performance`. The
 * tightest of a few looks: a thread that loses its core between the two would be milliseconds off for all its life.
 */
function measureMonoOffsetMs(): number {
  let offsetMs = 0;
  let tightestMs = Infinity;
  for (let look = 0; look < LOOKS && tightestMs > CLOSE_MS; look++) {
    const before = performance.now();
    const shared = Number(process.hrtime.bigint()) / 1e6;
    const after = performance.now();
    if (after - before >= tightestMs) continue;
    tightestMs = after - before;
    offsetMs = shared - (before + after) / 2;
  }
  return offsetMs;
}

/** Taken once: fake timers of a task must not stop the clock by which limits are measured (T13). */
const performanceNow = performance.now.bind(performance);

const monoOffsetMs = measureMonoOffsetMs();

export const systemClock: Clock = {
  nowEpochMs: () => Date.now(),
  // performance.now() costs a third of process.hrtime(); the offset makes it comparable across threads.
  nowMonoMs: () => performanceNow() + monoOffsetMs,
  after: (delayMs, fire, options) => new SystemTimer(Math.max(0, delayMs), fire, options?.keepsAlive ?? true),
};
