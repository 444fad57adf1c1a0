/**
 * Counts of values by bucket, for durations that lie anywhere between microseconds and hours. `record` is on the way of
 * every task: it allocates nothing and finds the bucket by halving. Any thread.
 */
import type { MetricDistribution, MetricLabels } from '../ports/metrics.js';

/** Seconds: 100 µs to 5 minutes, in steps of 1, 2.5 and 5. */
const DURATION_BOUNDS: readonly number[] = Object.freeze([
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300,
]);

export class Histogram {
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  #sum = 0;

  /** @param bounds upper bounds of the buckets, rising */
  constructor(bounds: readonly number[] = DURATION_BOUNDS) {
    this.#bounds = bounds;
    this.#counts = Array.from({ length: bounds.length + 1 }, () => 0);
  }

  /** A value equal to a bound belongs below it, as Prometheus has it. NaN and negative values count as 0. */
  record(value: number): void {
    const counted = value > 0 ? value : 0;
    let low = 0;
    let high = this.#bounds.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#bounds[middle] as number) < counted) low = middle + 1;
      else high = middle;
    }
    this.#counts[low] = (this.#counts[low] as number) + 1;
    this.#sum += counted;
  }

  distribution(labels: MetricLabels): MetricDistribution {
    return { labels, bounds: this.#bounds, counts: this.#counts, sum: this.#sum };
  }
}
