/**
 * The families that one worker or pool shows. Labels are bounded: a family shows its first series up to a limit and sums
 * up the rest under `other`, so that no task name or cause, wherever it came from, can fill the memory of whoever
 * collects. Host thread.
 */
import { ConfigError } from '../kernel/errors.js';
import type { MetricDistribution, MetricFamily, MetricLabels, Metrics, MetricSample } from '../ports/metrics.js';

const NAME = /^[a-z][a-z0-9_]*$/;
/** Series of one family. */
const MAX_SERIES = 500;
const OTHER = 'other';

export interface ScalarReading {
  readonly kind: 'counter' | 'gauge';
  readonly name: string;
  readonly help: string;
  readonly series: readonly MetricSample[];
}

export interface DistributionReading {
  readonly kind: 'histogram';
  readonly name: string;
  readonly help: string;
  readonly series: readonly MetricDistribution[];
}

export type MetricReading = ScalarReading | DistributionReading;

export class MetricRegistry implements Metrics {
  readonly #families = new Map<string, MetricFamily>();
  readonly #maxSeries: number;

  /** @param maxSeries series of a family before the rest is summed up */
  constructor(maxSeries = MAX_SERIES) {
    this.#maxSeries = maxSeries;
  }

  /** @throws ConfigError for a name that is taken or is none. */
  add(family: MetricFamily): void {
    if (!NAME.test(family.name)) throw new ConfigError(`"${family.name}" is no name of a metric`);
    if (this.#families.has(family.name)) throw new ConfigError(`there is a metric ${family.name} already`);
    this.#families.set(family.name, family);
  }

  /** What every family says now, in the order in which they were added. */
  read(): readonly MetricReading[] {
    return [...this.#families.values()].map((family): MetricReading => {
      const { name, help } = family;
      if (family.kind === 'histogram') {
        return { kind: 'histogram', name, help, series: this.#bounded(family.read(), sumDistributions) };
      }
      return { kind: family.kind, name, help, series: this.#bounded(family.read(), sumSamples) };
    });
  }

  #bounded<T extends { readonly labels: MetricLabels }>(
    series: Iterable<T>,
    sum: (rest: readonly T[], labels: MetricLabels) => T,
  ): readonly T[] {
    const all = [...series];
    if (all.length <= this.#maxSeries) return all;
    const rest = all.slice(this.#maxSeries - 1);
    const labels = Object.fromEntries(Object.keys(rest[0]?.labels ?? {}).map((label) => [label, OTHER]));
    return [...all.slice(0, this.#maxSeries - 1), sum(rest, labels)];
  }
}

function sumSamples(samples: readonly MetricSample[], labels: MetricLabels): MetricSample {
  return { labels, value: samples.reduce((sum, { value }) => sum + value, 0) };
}

function sumDistributions(all: readonly MetricDistribution[], labels: MetricLabels): MetricDistribution {
  const [first] = all;
  const bounds = first?.bounds ?? [];
  const counts = Array.from({ length: bounds.length + 1 }, (_, i) =>
    all.reduce((sum, each) => sum + (each.counts[i] ?? 0), 0),
  );
  return { labels, bounds, counts, sum: all.reduce((sum, each) => sum + each.sum, 0) };
}
