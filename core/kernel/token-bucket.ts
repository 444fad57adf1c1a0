/**
 * A token bucket of capacity 1 (WORK-31): it starts full, is refilled at the rate, and a request takes one token or none.
 * Pure: the caller brings the monotonic time.
 */
export class TokenBucket {
  readonly ratePerSecond: number;
  #tokens = 1;
  #seenMs: number;

  /** @param ratePerSecond tokens a second, above 0. @param nowMs monotonic time */
  constructor(ratePerSecond: number, nowMs: number) {
    this.ratePerSecond = ratePerSecond;
    this.#seenMs = nowMs;
  }

  /** Takes a token; false when there is none. */
  tryTake(nowMs: number): boolean {
    this.#refill(nowMs);
    // A timer of the very length of the wait ends with 0.9999… tokens.
    if (this.#tokens < 1 - 1e-9) return false;
    this.#tokens = Math.max(0, this.#tokens - 1);
    return true;
  }

  /** Milliseconds until a token is there; 0 when one is. */
  waitMs(nowMs: number): number {
    this.#refill(nowMs);
    return Math.max(0, ((1 - this.#tokens) / this.ratePerSecond) * 1_000);
  }

  #refill(nowMs: number): void {
    const elapsedMs = Math.max(0, nowMs - this.#seenMs);
    this.#seenMs = nowMs;
    this.#tokens = Math.min(1, this.#tokens + (this.ratePerSecond * elapsedMs) / 1_000);
  }
}
