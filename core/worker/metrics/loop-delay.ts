/**
 * How late the host's event loop is: whatever blocks this thread delays every heartbeat and acknowledgement. Node samples
 * it by a timer of its own, so it is measured only while somebody collects: an idle worker has no timer under a second.
 */
import { monitorEventLoopDelay, performance, type EventLoopUtilization, type IntervalHistogram } from 'node:perf_hooks';

const RESOLUTION_MS = 20;
const PERCENTILES = [50, 99, 100] as const;

export class LoopDelay {
  #histogram: IntervalHistogram | null = null;
  #lastUse: EventLoopUtilization = performance.eventLoopUtilization();

  start(): void {
    this.#histogram ??= monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    this.#histogram.enable();
  }

  stop(): void {
    this.#histogram?.disable();
    this.#histogram = null;
  }

  /** Delay beyond the sampling interval since the start, s, by quantile; empty while it is not measured. */
  quantiles(): readonly (readonly [quantile: string, seconds: number])[] {
    const histogram = this.#histogram;
    if (histogram === null || histogram.count === 0) return [];
    return PERCENTILES.map((percentile) => {
      const seenMs = histogram.percentile(percentile) / 1e6;
      return [String(percentile / 100), Math.max(0, seenMs - RESOLUTION_MS) / 1_000];
    });
  }

  /** Share of the time since the last call in which the loop was busy, 0–1. */
  utilization(): number {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, this.#lastUse);
    this.#lastUse = now;
    return utilization;
  }
}
