/**
 * What a member tells of its memory: its heap and the buffers outside of it. The loop calls it between jobs; the stamp in
 * the status block is for whoever looks. Where growth is limited it looks more often, and what seems too much is measured
 * again after a garbage collection, so that no member is replaced for garbage alone (decision 0017). Member thread.
 */
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Clock, TimerHandle } from '../../../core/kernel/clock.js';
import type { StatusBlock } from '../../ring/status-block.js';
import type { MemoryLimits } from '../messages.js';

/** Looking costs 2 µs: once a second where nobody acts on it. */
const STAMP_MS = 1_000;
/** Else between any jobs that can have allocated much. */
const WATCH_MS = 5;
/** A collection takes some ms; it may take this share of the time. */
const MAX_COLLECTING = 0.05;
/** The flag is the process's, and another member may take it back at the wrong moment. */
const GC_ATTEMPTS = 5;

export interface MemoryWatchOptions {
  readonly status: StatusBlock;
  readonly limits: MemoryLimits;
  readonly clock: Clock;
  /** It holds more than it may over its baseline. Called again while it does, as often as it is measured. */
  readonly onGrown: (memoryKib: number, baselineKib: number) => void;
}

export class MemoryWatch {
  readonly #status: StatusBlock;
  readonly #clock: Clock;
  readonly #onGrown: MemoryWatchOptions['onGrown'];
  readonly #maxGrowthKib: number;
  readonly #everyMs: number;
  readonly #collect: () => void;
  /** While the program loads nothing is too much. */
  #baselineKib = Infinity;
  #stampedMs = -Infinity;
  #measurableMs = -Infinity;
  #timer: TimerHandle | null = null;

  constructor({ status, limits, clock, onGrown }: MemoryWatchOptions) {
    this.#status = status;
    this.#clock = clock;
    this.#onGrown = onGrown;
    this.#maxGrowthKib = limits.maxGrowthKib ?? Infinity;
    this.#everyMs = limits.isWatched ? WATCH_MS : STAMP_MS;
    this.#collect = limits.maxGrowthKib === null ? () => undefined : collector();
  }

  /** The program has loaded: what is there now is the baseline. */
  begin(): void {
    this.#collect();
    this.#baselineKib = memoryKib();
    this.#status.heapKib = this.#baselineKib;
  }

  /** Between jobs. @param nowMs the time, as the loop has it already */
  look(nowMs: number): void {
    const sinceMs = nowMs - this.#stampedMs;
    if (sinceMs < this.#everyMs) {
      // The job that has just ended may have been the last for long.
      if (this.#maxGrowthKib !== Infinity) this.#lookLater(this.#everyMs - sinceMs);
      return;
    }
    this.#stampedMs = nowMs;
    let kib = memoryKib();
    if (this.#isTooMuch(kib)) {
      if (nowMs < this.#measurableMs) this.#lookLater(this.#measurableMs - nowMs);
      else {
        kib = this.#measure();
        if (this.#isTooMuch(kib)) this.#onGrown(kib, this.#baselineKib);
      }
    }
    this.#status.heapKib = kib;
  }

  #isTooMuch(kib: number): boolean {
    return kib - this.#baselineKib > this.#maxGrowthKib;
  }

  /** No job may come that would bring it here. */
  #lookLater(delayMs: number): void {
    if (this.#timer !== null) return;
    this.#timer = this.#clock.after(
      delayMs,
      () => {
        this.#timer = null;
        this.look(this.#clock.nowMonoMs());
      },
      { keepsAlive: false },
    );
  }

  #measure(): number {
    const startMs = this.#clock.nowMonoMs();
    this.#collect();
    const endMs = this.#clock.nowMonoMs();
    this.#measurableMs = endMs + (endMs - startMs) / MAX_COLLECTING;
    return memoryKib();
  }
}

/** Whole KiB. */
function memoryKib(): number {
  const { used_heap_size: heapBytes, external_memory: externalBytes } = getHeapStatistics();
  return Math.ceil((heapBytes + externalBytes) / 1024);
}

/** V8 gives its collector only to contexts that are made while this flag is set; user code is to see nothing of it. */
function collector(): () => void {
  for (let i = 0; i < GC_ATTEMPTS; i++) {
    setFlagsFromString('--expose-gc');
    const collect: unknown = runInNewContext('globalThis.gc');
    setFlagsFromString('--no-expose-gc');
    if (typeof collect === 'function') return collect as () => void;
  }
  return () => undefined;
}
