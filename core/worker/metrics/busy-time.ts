/**
 * How busy the members have been, summed up over those that came and went. A member tells its busy time as a number that
 * wraps, so what it added since the last look is what counts. Host thread.
 */
import type { PoolSnapshot } from '../../ports/pool.js';

/** Busy time of a member wraps here, ms: 32 bits of microseconds. */
const WRAP_MS = 2 ** 32 / 1_000;

export class BusyTime {
  /** `index.epoch` → what it had told at the last look, ms */
  #seen = new Map<string, number>();
  #totalMs = 0;
  #lastLookMonoMs: number | null = null;
  #utilization = 0;

  /** Looks at the members, at least twice an hour. */
  look({ members, size }: PoolSnapshot, nowMonoMs: number): void {
    const seen = new Map<string, number>();
    let addedMs = 0;
    for (const { index, epoch, busyMs } of members) {
      const key = `${String(index)}.${String(epoch)}`;
      const beforeMs = this.#seen.get(key) ?? 0;
      addedMs += (busyMs - beforeMs + WRAP_MS) % WRAP_MS;
      seen.set(key, busyMs);
    }
    this.#seen = seen;
    this.#totalMs += addedMs;
    const elapsedMs = nowMonoMs - (this.#lastLookMonoMs ?? nowMonoMs);
    if (elapsedMs > 0 && size > 0) this.#utilization = Math.min(1, addedMs / (elapsedMs * size));
    this.#lastLookMonoMs = nowMonoMs;
  }

  /** Time in synchronous runs of all members ever, s. */
  get totalSeconds(): number {
    return this.#totalMs / 1_000;
  }

  /** Share of the members' time between the last two looks, 0–1. */
  get utilization(): number {
    return this.#utilization;
  }
}
