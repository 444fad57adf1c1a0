/** Times a micro case with the npm package `benchmark`, whose samples become a series of operations a second. */
import type { Measurement, Metric } from '../harness/bench-case.js';
import { median, spread } from '../harness/statistics.js';
import type { MicroCase } from './micro-case.js';

/** What is used of the package, which brings no types. */
export interface BenchmarkModule {
  readonly default: new (
    name: string,
    run: () => void,
    options: Readonly<Record<string, unknown>>,
  ) => {
    run(options: { readonly async: boolean }): unknown;
    readonly error?: Error;
    /** Seconds for one operation, each. */
    readonly stats: { readonly sample: readonly number[] };
  };
}

export const OPERATIONS: Metric = { unit: 'ops/s', better: 'higher' };

/** @throws the error of a run, or of the check after the last. */
export function timeMicroCase(
  { default: Benchmark }: BenchmarkModule,
  micro: MicroCase,
  isQuick: boolean,
): Measurement {
  const length = isQuick ? { maxTime: 0.005, minTime: 0.001, minSamples: 1 } : { maxTime: 1, minSamples: 20 };
  const run = (): void => {
    micro.run();
  };
  const benchmark = new Benchmark(micro.name, run, length);
  benchmark.run({ async: false });
  if (benchmark.error !== undefined) throw benchmark.error;
  micro.check();
  const samples = benchmark.stats.sample.map((seconds) => 1 / seconds);
  const series = { label: micro.name, settings: {}, samples, median: median(samples), ...spread(samples) };
  return { kind: 'measurement', metric: OPERATIONS, series, goal: null };
}
