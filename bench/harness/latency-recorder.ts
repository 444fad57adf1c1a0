/** Latencies in an HDR histogram: three significant digits from 1 µs to 100 s, whatever their number. */
import { build } from 'hdr-histogram-js';
import type { Latency, LatencyGoal } from './bench-case.js';

const NANOSECONDS_PER_MS = 1e6;

export class LatencyRecorder {
  readonly #histogram = build({
    lowestDiscernibleValue: 1_000,
    highestTrackableValue: 1e11,
    numberOfSignificantValueDigits: 3,
  });

  /**
   * In an open loop (fixed rate) count from the moment at which the request was due, not from when it was sent: else a
   * stall hides the requests that waited behind it (coordinated omission).
   */
  record(milliseconds: number): void {
    this.#histogram.recordValue(Math.round(milliseconds * NANOSECONDS_PER_MS));
  }

  get count(): number {
    return this.#histogram.totalCount;
  }

  get meanMs(): number {
    return this.#histogram.mean / NANOSECONDS_PER_MS;
  }

  get maxMs(): number {
    return this.#histogram.maxValue / NANOSECONDS_PER_MS;
  }

  /** @param percent for example 99 */
  percentileMs(percent: number): number {
    return this.#histogram.getValueAtPercentile(percent) / NANOSECONDS_PER_MS;
  }
}

export function summarizeLatency(label: string, recorder: LatencyRecorder, goal: LatencyGoal | null = null): Latency {
  return {
    kind: 'latency',
    label,
    count: recorder.count,
    meanMs: recorder.meanMs,
    p50Ms: recorder.percentileMs(50),
    p90Ms: recorder.percentileMs(90),
    p99Ms: recorder.percentileMs(99),
    maxMs: recorder.maxMs,
    goal,
  };
}
