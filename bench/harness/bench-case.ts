/**
 * What a benchmark is: a file bench/cases/<name>.ts with `export const benchCase: BenchCase = { … }`. Its head comment
 * is not needed, since question and topology are data and printed. `run` makes sides and hands them to the measuring
 * functions, whose findings it returns:
 *
 *     async run(context) {
 *       const tasks = context.size(200_000, 500);
 *       return [await compareSides(context, ourSide(tasks), peerSide(tasks), { goalRatio: 10 })];
 *     }
 *
 * | function                                       | for                                                          |
 * | ---------------------------------------------- | ------------------------------------------------------------ |
 * | `compareSides(context, a, b, options?)`        | A and B interleaved in one run, ratio of medians             |
 * | `measureSide(context, side, options?)`         | one side alone: a floor, a share of CPU, a start-up time     |
 * | `summarizeLatency(label, recorder)`            | percentiles of a `LatencyRecorder` that the case has filled  |
 * | `rankEntrants(context, entrants, rows)`        | many peers and several readings; bench/pools builds on it    |
 * | `checkWork(expected, actual)`                  | inside `sample`: a wrong count or checksum fails the run     |
 *
 * In quick mode (CI) everything runs once and tiny: it proves that the case runs and its sums are right, no more.
 */

/** What a sample measures. */
export interface Metric {
  /** Unit of a sample, for example `tasks/s`, `ms`, `% of a core`. */
  readonly unit: string;
  readonly better: 'higher' | 'lower';
}

/** Printed for both sides, so that a reader sees whether both make the same promises. */
export type SideSettings = Readonly<Record<string, string | number | boolean>>;

/** One way of doing the work. */
export interface Side {
  /** Name and version, for example `celeriac ThreadPool` or `piscina 5.3.2`. */
  readonly label: string;
  /** Results on or off, ack mode, prefetch, envelope, payload, threads … */
  readonly settings: SideSettings;
  /** Called once, before the first warm-up; both sides are set up before either is sampled. */
  setup?(): Promise<void>;
  /**
   * Does the work once, checks count and checksum with `checkWork`, and resolves with the value in the metric's unit.
   * Called for each warm-up and each sample.
   */
  sample(): Promise<number>;
  /** Called once after the last sample, also when one has thrown. */
  teardown?(): Promise<void>;
}

export interface BenchContext {
  readonly isQuick: boolean;
  /** Measured samples for each side, at least 5 outside of quick mode. */
  readonly sampleCount: number;
  /** Samples before them that are thrown away. */
  readonly warmupCount: number;
  /** The case's metric; a case with several passes `{ ...context, metric: { … } }`. */
  readonly metric: Metric;
  /** `full`, or `quick` in quick mode. */
  size(full: number, quick: number): number;
  /** A line for whoever watches, on stderr. */
  log(line: string): void;
}

export interface BenchCase {
  /** As on the command line and as the file is called. */
  readonly name: string;
  /** The question that the figure answers, as a sentence. */
  readonly question: string;
  /** Who talks to whom, as a small picture of one or more lines. */
  readonly topology: string;
  readonly metric: Metric;
  /** Must close what it opens, also when it throws. */
  run(context: BenchContext): Promise<readonly Finding[]>;
}

/** Samples of one side, in the order taken. */
export interface Series {
  readonly label: string;
  readonly settings: SideSettings;
  readonly samples: readonly number[];
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export interface Comparison {
  readonly kind: 'comparison';
  readonly metric: Metric;
  readonly a: Series;
  /** null when the peer is not there. */
  readonly b: Series | null;
  /** How many times better A's median is than B's: above 1 A wins, whichever way is better; null without B. */
  readonly ratio: number | null;
  /** `ratio` to reach; null for none. */
  readonly goalRatio: number | null;
}

export interface Measurement {
  readonly kind: 'measurement';
  readonly metric: Metric;
  readonly series: Series;
  /** Median to reach; null for none. */
  readonly goal: number | null;
}

export interface Latency {
  readonly kind: 'latency';
  readonly label: string;
  readonly count: number;
  /** Milliseconds. */
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Milliseconds to stay within, by percentile; null for none. */
  readonly goal: LatencyGoal | null;
}

export interface LatencyGoal {
  readonly p50Ms?: number;
  readonly p99Ms?: number;
}

/** One reading of many contenders, we first. */
export interface Ranking {
  readonly kind: 'ranking';
  readonly row: string;
  readonly metric: Metric;
  readonly places: readonly Place[];
  /** The best peer's id; null when there is none. */
  readonly best: string | null;
  /** How many times better our median is than the best peer's; null without one. */
  readonly ratio: number | null;
  /** `ratio` to reach; null for none. */
  readonly goalRatio: number | null;
  /** Median of ours to reach; null for none. */
  readonly goal: number | null;
}

export interface Place {
  readonly id: string;
  /** null when there is no reading. */
  readonly series: Series | null;
  /** Why it has dropped out; null when it has not. */
  readonly failure: string | null;
}

export type Finding = Comparison | Measurement | Latency | Ranking;
