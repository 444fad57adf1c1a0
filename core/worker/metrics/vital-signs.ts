/**
 * Whether broker and store still answer, by their age: the time since their last answer on the way that the worker's
 * messages and results really take (B1: a ping on another connection proves nothing). A store that nobody has used for a
 * while is asked for a result that does not exist, within a deadline. Host thread.
 */
import type { Clock } from '../../kernel/clock.js';
import { withDeadline } from '../../kernel/deadline.js';
import type { Backend } from '../../ports/backend.js';
import type { ConsumerSet } from '../consumer-set.js';

/** A store that has answered within this time is not asked again. */
const FRESH_MS = 5_000;
const PROBE_TIMEOUT_MS = 2_000;
const PROBE_ID = 'celeriac-probe';
/** Time for a broker's sign beyond its own interval. */
const MARGIN_MS = 10_000;

export interface VitalParts {
  readonly consumers: Pick<ConsumerSet, 'sign'> | null;
  readonly backend: Pick<Backend, 'fetch'> | null;
}

export class VitalSigns {
  readonly #parts: VitalParts;
  readonly #clock: Clock;
  #storedMonoMs: number;
  #probe: Promise<void> | null = null;

  constructor(parts: VitalParts, clock: Clock) {
    this.#parts = parts;
    this.#clock = clock;
    this.#storedMonoMs = clock.nowMonoMs();
  }

  /** The store has taken results. */
  readonly stored = (): void => {
    this.#storedMonoMs = this.#clock.nowMonoMs();
  };

  /** Since the broker's last answer on the way of deliveries, ms; null while nothing is consumed. */
  get claimAgeMs(): number | null {
    const sign = this.#parts.consumers?.sign ?? null;
    return sign === null ? null : this.#clock.nowMonoMs() - sign.lastSignMonoMs;
  }

  /** The broker has answered when it should have. */
  get isClaiming(): boolean {
    const sign = this.#parts.consumers?.sign ?? null;
    return sign !== null && this.#clock.nowMonoMs() - sign.lastSignMonoMs <= 2 * sign.signIntervalMs + MARGIN_MS;
  }

  /** Since the store's last answer, ms; null without a store. */
  get backendAgeMs(): number | null {
    return this.#parts.backend === null ? null : this.#clock.nowMonoMs() - this.#storedMonoMs;
  }

  /** Whether the store answers; asks it if it has not been heard of lately. Bounded; never rejects. */
  async answersBackend(): Promise<boolean> {
    const { backend } = this.#parts;
    if (backend === null || this.#isFresh) return true;
    this.#probe ??= this.#ask(backend);
    await this.#probe;
    return this.#isFresh;
  }

  get #isFresh(): boolean {
    return this.#clock.nowMonoMs() - this.#storedMonoMs < FRESH_MS;
  }

  async #ask(backend: Pick<Backend, 'fetch'>): Promise<void> {
    try {
      await withDeadline(this.#clock, backend.fetch([PROBE_ID]), PROBE_TIMEOUT_MS, 'asking the result backend');
      this.stored();
    } catch {
      // Its age tells.
    } finally {
      this.#probe = null;
    }
  }
}
