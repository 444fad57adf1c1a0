/**
 * Tells when a pool has been without a member that takes jobs for so long that none seems to come any more: whatever the
 * last ones died of, their replacements cannot be loaded either. It looks only between `start` and `stop`. Host thread.
 */
import type { Clock, TimerHandle } from '../kernel/clock.js';
import type { Pool } from '../ports/pool.js';

/** Between two looks: members that come and go within it, each of use for less, count as absent. */
const LOOK_MS = 1_000;

export interface AbsenceWatchOptions {
  readonly pool: Pick<Pool, 'snapshot'>;
  readonly clock: Clock;
  /** So long without a member is an absence, ms. */
  readonly afterMs: number;
  /** Called at every look while it lasts. */
  readonly onAbsence: () => void;
}

export class AbsenceWatch {
  readonly #options: AbsenceWatchOptions;
  #timer: TimerHandle | null = null;
  /** When a member was there last, or the watch began, monotonic ms. */
  #seenMs = 0;

  constructor(options: AbsenceWatchOptions) {
    this.#options = options;
  }

  /** Does nothing while it looks already. */
  start(): void {
    if (this.#timer !== null) return;
    this.#seenMs = this.#options.clock.nowMonoMs();
    this.#arm();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #arm(): void {
    this.#timer = this.#options.clock.after(LOOK_MS, this.#look);
  }

  readonly #look = (): void => {
    const { pool, clock, afterMs, onAbsence } = this.#options;
    // First: whoever is told may have nothing to wait for any more, and stop it.
    this.#arm();
    const nowMs = clock.nowMonoMs();
    if (pool.snapshot().members.some(({ state }) => state === 'ready')) this.#seenMs = nowMs;
    else if (nowMs - this.#seenMs >= afterMs) onAbsence();
  };
}
