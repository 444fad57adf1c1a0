/**
 * A place of the pool: one member that takes jobs and, while that one is on its last jobs, a spare that is loading already
 * or waits. The roster keeps the places, on the host thread; here are their shape and the delays at which one is tried again.
 */
import { Backoff } from '../../core/kernel/backoff.js';
import type { Clock, TimerHandle } from '../../core/kernel/clock.js';
import type { Random } from '../../core/kernel/random.js';
import type { MemberState } from '../member-state.js';

const BACKOFF = { initialMs: 50, maxMs: 2_000 };
const BREAKER_AFTER = 5;
const BREAKER_DELAY_MS = 30_000;

/** A member as far as places are concerned. */
export interface PlacedMember {
  readonly index: number;
  readonly state: MemberState;
  /** It was started without a place and has one now. */
  takePlace(index: number, epoch: number): void;
}

export interface Place<M> {
  readonly index: number;
  current: M | null;
  spare: M | null;
  readonly attempts: Attempts;
}

/**
 * When to start the next member after one that was of no use: after 50 ms and then ever later; after five in a row only
 * every half minute, until one is of use.
 */
export class Attempts {
  readonly #clock: Clock;
  readonly #backoff: Backoff;
  #timer: TimerHandle | null = null;
  /** No attempt before, monotonic ms. */
  #nextFromMs = 0;
  /** Only every half minute one is tried. */
  #isHeldBack = false;

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#backoff = new Backoff(BACKOFF, random);
  }

  /** The last one came to nothing, and it is too early for the next. */
  get isFailing(): boolean {
    return this.#clock.nowMonoMs() < this.#nextFromMs;
  }

  get isWaiting(): boolean {
    return this.#timer !== null;
  }

  /** One has come to nothing, and none is to be started for it. */
  failed(): void {
    this.#nextFromMs = this.#clock.nowMonoMs() + this.#nextDelayMs();
  }

  succeeded(): void {
    this.#backoff.reset();
    this.#nextFromMs = 0;
    this.#isHeldBack = false;
  }

  /** Calls `start` when it is time for the next one; answers the delay when it is the first long one, else null. */
  later(start: () => void): number | null {
    const isOpen = this.#isOpen;
    const isFirst = isOpen && !this.#isHeldBack;
    this.#isHeldBack = isOpen;
    const delayMs = this.#nextDelayMs();
    this.#timer = this.#clock.after(
      delayMs,
      () => {
        this.#timer = null;
        start();
      },
      { keepsAlive: false },
    );
    return isFirst ? delayMs : null;
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  get #isOpen(): boolean {
    return this.#backoff.attempt >= BREAKER_AFTER - 1;
  }

  #nextDelayMs(): number {
    return this.#isOpen ? BREAKER_DELAY_MS : this.#backoff.nextMs();
  }
}
