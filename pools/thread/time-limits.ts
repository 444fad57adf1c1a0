/**
 * Soft and hard limits of the jobs of one member, measured by the host from the start that the member has stamped into
 * its status block; a member's own timer would not fire while a task computes. One timer, set to the earliest moment at
 * which any limit can pass; none while no job has limits.
 */
import type { Clock, TimerHandle } from '../../core/kernel/clock.js';
import { AbortReason, type StatusBlock } from '../ring/status-block.js';
import type { InFlightEntry } from './in-flight.js';

/** The limits that held when the job was handed over: a change is for those that come after it (WORK-44). */
interface WatchedLimits {
  readonly hardMs: number;
  readonly softMs: number;
  isSoftTold: boolean;
}

/** A due limit is looked at no earlier than this after the last look, ms: starts are stamped in whole milliseconds. */
const MIN_DELAY_MS = 1;

export class TimeLimits {
  readonly #status: StatusBlock;
  readonly #clock: Clock;
  readonly #onHard: (entry: InFlightEntry) => void;
  readonly #onSoft: () => void;
  readonly #watched = new Map<InFlightEntry, WatchedLimits>();
  #timer: TimerHandle | null = null;
  #timerDueMs = Infinity;

  /** @param on.soft a run has been asked to stop: wake the member. */
  constructor(
    status: StatusBlock,
    clock: Clock,
    on: { readonly hard: (entry: InFlightEntry) => void; readonly soft: () => void },
  ) {
    this.#status = status;
    this.#clock = clock;
    this.#onHard = on.hard;
    this.#onSoft = on.soft;
  }

  /** Called for every job that is handed to the member. */
  watch(entry: InFlightEntry): void {
    const job = entry.job;
    if (job === null || (job.timeLimitMs === null && job.softTimeLimitMs === null)) return;
    const hardMs = job.timeLimitMs ?? Infinity;
    const softMs = job.softTimeLimitMs ?? Infinity;
    this.#watched.set(entry, { hardMs, softMs, isSoftTold: false });
    this.#setTimer(this.#clock.nowMonoMs() + Math.min(hardMs, softMs));
  }

  /** Called when a job has ended or was taken back. */
  forget(entry: InFlightEntry): void {
    if (this.#watched.delete(entry) && this.#watched.size === 0) this.close();
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#timerDueMs = Infinity;
    this.#watched.clear();
  }

  #setTimer(dueMs: number): void {
    if (dueMs >= this.#timerDueMs) return;
    this.#timer?.cancel();
    this.#timerDueMs = dueMs;
    const delayMs = Math.max(MIN_DELAY_MS, dueMs - this.#clock.nowMonoMs());
    this.#timer = this.#clock.after(delayMs, this.#look, { keepsAlive: false });
  }

  readonly #look = (): void => {
    this.#timer = null;
    this.#timerDueMs = Infinity;
    const nowMs = this.#clock.nowMonoMs();
    let nextDueMs = Infinity;
    for (const [entry, limits] of [...this.#watched]) {
      if (this.#watched.has(entry)) nextDueMs = Math.min(nextDueMs, this.#dueMs(entry, limits, nowMs));
    }
    if (nextDueMs !== Infinity) this.#setTimer(nextDueMs);
  };

  /** Acts on what is due and answers when to look again. */
  #dueMs(entry: InFlightEntry, limits: WatchedLimits, nowMs: number): number {
    // Its job was told its end; the run goes on without limits, and nobody hears of them any more.
    if (entry.isAbandoned) {
      this.#watched.delete(entry);
      return Infinity;
    }
    const { hardMs } = limits;
    const softMs = limits.isSoftTold ? Infinity : limits.softMs;
    const slot = this.#status.slotOf(entry.ticket);
    if (slot === null) return nowMs + Math.min(hardMs, softMs);
    const elapsedMs = (Math.floor(nowMs) - this.#status.startedMs(slot)) | 0;
    if (elapsedMs >= hardMs) {
      this.#watched.delete(entry);
      this.#onHard(entry);
      return Infinity;
    }
    if (elapsedMs < softMs) return nowMs + Math.min(hardMs, softMs) - elapsedMs;
    limits.isSoftTold = true;
    entry.abortSlot = slot;
    this.#status.requestAbort(slot, entry.ticket, AbortReason.SOFT_LIMIT);
    this.#onSoft();
    entry.job?.onSoftTimeLimit?.();
    return nowMs + hardMs - elapsedMs;
  }
}
