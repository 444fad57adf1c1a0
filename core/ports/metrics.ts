/**
 * Port to whoever collects metrics. A part of celeriac describes a family once and answers numbers when asked: counting is
 * a plain addition where it happens, and nobody pays for a metric that nobody reads. Read on the host thread.
 */

export type MetricLabels = Readonly<Record<string, string>>;

export interface MetricSample {
  readonly labels: MetricLabels;
  readonly value: number;
}

export interface MetricDistribution {
  readonly labels: MetricLabels;
  /** Upper bounds of the buckets, rising; values above the last are counted in one more bucket. */
  readonly bounds: readonly number[];
  /** Values in each bucket, not summed up: one more than `bounds`. */
  readonly counts: readonly number[];
  readonly sum: number;
}

interface FamilyHead {
  /** As Prometheus has it: `celeriac_`, snake case, unit at the end, counters with `_total`. */
  readonly name: string;
  readonly help: string;
}

/** A value that only grows, or one that goes up and down. */
export interface ScalarFamily extends FamilyHead {
  readonly kind: 'counter' | 'gauge';
  /** Must not throw. */
  read(): Iterable<MetricSample>;
}

export interface DistributionFamily extends FamilyHead {
  readonly kind: 'histogram';
  /** Must not throw. */
  read(): Iterable<MetricDistribution>;
}

export type MetricFamily = ScalarFamily | DistributionFamily;

export interface Metrics {
  /** @throws ConfigError for a name that is taken or is none. */
  add(family: MetricFamily): void;
}
