/**
 * Whether a node still turns: it beats while it lives, and has a bound to become ready. The bounds are those of its
 * settings as soon as it has told them. A supervisor that was itself stopped for a while (SIGSTOP, a laptop that slept)
 * must not take the silence of that time for the node's. Pure.
 */

/** Bounds until the node has loaded its settings, ms. */
const FIRST_START_TIMEOUT_MS = 60_000;
/** What a start may take beyond the wait for members, ms: broker and store. */
const START_MARGIN_MS = 30_000;
/** Between two looks at a node, ms. */
export const LOOK_INTERVAL_MS = 500;

export type Illness = 'silent' | 'late';

export class NodeHealth {
  #beatMonoMs: number;
  #lookMonoMs: number;
  #startDeadlineMonoMs: number;
  #beatTimeoutMs = Infinity;
  #isReady = false;

  /** @param nowMonoMs when its process was started. */
  constructor(nowMonoMs: number) {
    this.#beatMonoMs = nowMonoMs;
    this.#lookMonoMs = nowMonoMs;
    this.#startDeadlineMonoMs = nowMonoMs + FIRST_START_TIMEOUT_MS;
  }

  /** While it loads modules it cannot beat: only the bound of the start holds. */
  loaded(nowMonoMs: number, bounds: { readonly startTimeoutMs: number; readonly beatTimeoutMs: number }): void {
    this.#startDeadlineMonoMs = nowMonoMs + bounds.startTimeoutMs + START_MARGIN_MS;
    this.#beatTimeoutMs = bounds.beatTimeoutMs;
    this.#beatMonoMs = nowMonoMs;
  }

  ready(nowMonoMs: number): void {
    this.#isReady = true;
    this.#beatMonoMs = nowMonoMs;
  }

  beat(nowMonoMs: number): void {
    this.#beatMonoMs = nowMonoMs;
  }

  /** How long it has been silent, ms. */
  silentMs(nowMonoMs: number): number {
    return nowMonoMs - this.#beatMonoMs;
  }

  /** What is wrong with it; null when nothing is. To be called every `LOOK_INTERVAL_MS`. */
  look(nowMonoMs: number): Illness | null {
    const missedMs = nowMonoMs - this.#lookMonoMs - LOOK_INTERVAL_MS;
    this.#lookMonoMs = nowMonoMs;
    // We were not there ourselves; beats of that time wait in the pipe.
    if (missedMs > LOOK_INTERVAL_MS) {
      this.#beatMonoMs += missedMs;
      this.#startDeadlineMonoMs += missedMs;
    }
    if (this.silentMs(nowMonoMs) > this.#beatTimeoutMs) return 'silent';
    return !this.#isReady && nowMonoMs > this.#startDeadlineMonoMs ? 'late' : null;
  }
}
