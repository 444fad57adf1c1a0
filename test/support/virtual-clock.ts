/**
 * A Clock in virtual time for tests of the core: nothing waits, hours pass in a microsecond. Turns of the real event loop
 * still happen between timers, so promises and batches of a turn behave as they do in life.
 */
import type { Clock, TimerHandle } from '../../core/kernel/clock.js';

interface Timer {
  readonly dueMs: number;
  readonly order: number;
  readonly fire: () => void;
}

export class VirtualClock implements Clock {
  readonly #startEpochMs: number;
  readonly #timers = new Set<Timer>();
  #nowMs = 0;
  #order = 0;

  constructor(startEpochMs = 1_000_000) {
    this.#startEpochMs = startEpochMs;
  }

  /** Timers that have neither fired nor been cancelled. */
  get timers(): number {
    return this.#timers.size;
  }

  nowEpochMs(): number {
    return this.#startEpochMs + this.#nowMs;
  }

  nowMonoMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, fire: () => void): TimerHandle {
    const timer = { dueMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, fire };
    this.#timers.add(timer);
    return {
      cancel: () => {
        this.#timers.delete(timer);
      },
    };
  }

  /** Lets `ms` pass: fires what falls due, in order, with a turn of the event loop after each. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    await turn();
    for (let next = this.#next(); next !== null && next.dueMs <= endMs; next = this.#next()) await this.#fire(next);
    this.#nowMs = endMs;
  }

  /** Runs until nothing is due any more. @throws Error after `maxTimers`: something repeats without end. */
  async runUntilIdle(maxTimers = 10_000): Promise<void> {
    await turn();
    for (let fired = 0; fired < maxTimers; fired++) {
      const next = this.#next();
      if (next === null) return;
      await this.#fire(next);
    }
    throw new Error(`still busy after ${String(maxTimers)} timers`);
  }

  async #fire(timer: Timer): Promise<void> {
    this.#timers.delete(timer);
    this.#nowMs = Math.max(this.#nowMs, timer.dueMs);
    timer.fire();
    await turn();
  }

  #next(): Timer | null {
    let next: Timer | null = null;
    for (const timer of this.#timers) {
      const isEarlier =
        next === null || timer.dueMs < next.dueMs || (timer.dueMs === next.dueMs && timer.order < next.order);
      if (isEarlier) next = timer;
    }
    return next;
  }
}

/** One turn of the event loop: microtasks and ticks that are due have run when it resolves. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
