/**
 * Takes samples of many contenders, of which each gives several readings. All stand at once and take turns, and the one
 * that begins moves on each round, so that whatever else the machine does meets all. A peer that fails is left out with
 * its reason; our own failure fails the run.
 */
import type { BenchContext, Metric, Ranking, Series } from './bench-case.js';
import { withPatience } from './patience.js';
import { advantage, median, spread } from './statistics.js';

/** For one step of a contender: opening, a sample, closing. */
const PATIENCE_MS = 20_000;

type Readings = Readonly<Record<string, number>>;

export interface Entrant {
  readonly id: string;
  readonly label: string;
  open(): Promise<{ sample(): Promise<Readings>; close(): Promise<void> }>;
}

export interface RankingRow {
  readonly name: string;
  readonly metric: Metric;
  readonly goalRatio?: number;
  readonly goal?: number;
}

/** @param entrants we first */
export async function rankEntrants(
  context: BenchContext,
  entrants: readonly Entrant[],
  rows: readonly RankingRow[],
): Promise<readonly Ranking[]> {
  const runners = entrants.map((entrant, index) => new Runner(entrant, index === 0));
  const { warmupCount } = context;
  await takeTurns(context, runners, { rounds: warmupCount + context.sampleCount, warmupCount });
  for (const { entrant, failure } of runners) if (failure !== null) context.log(`${entrant.label}: ${failure}`);
  return rows.map((row) => rank(row, runners));
}

class Runner {
  readonly entrant: Entrant;
  readonly samples: Readings[] = [];
  failure: string | null = null;
  readonly #isOurs: boolean;
  #session: Awaited<ReturnType<Entrant['open']>> | null = null;

  constructor(entrant: Entrant, isOurs: boolean) {
    this.entrant = entrant;
    this.#isOurs = isOurs;
  }

  open(): Promise<void> {
    return this.#try(async () => {
      this.#session = await this.entrant.open();
    });
  }

  async sample(counts: boolean): Promise<void> {
    const session = this.#session;
    if (session === null || this.failure !== null) return;
    globalThis.gc?.();
    await this.#try(async () => {
      const readings = await session.sample();
      if (counts) this.samples.push(readings);
    });
  }

  close(): Promise<void> {
    return this.#try(async () => {
      await this.#session?.close();
    });
  }

  /** The readings of one row; null when there is none. */
  series(name: string): Series | null {
    const samples = this.samples.flatMap((readings) => readings[name] ?? []);
    if (samples.length === 0 || this.failure !== null) return null;
    return { label: this.entrant.label, settings: {}, samples, median: median(samples), ...spread(samples) };
  }

  async #try(step: () => Promise<void>): Promise<void> {
    try {
      await withPatience(step(), PATIENCE_MS);
    } catch (error) {
      if (this.#isOurs) throw error;
      this.failure = error instanceof Error ? error.message : String(error);
    }
  }
}

async function takeTurns(
  context: BenchContext,
  runners: readonly Runner[],
  plan: { readonly rounds: number; readonly warmupCount: number },
): Promise<void> {
  const { rounds, warmupCount } = plan;
  try {
    for (const runner of runners) await runner.open();
    for (let round = 0; round < rounds; round++) {
      const first = round % runners.length;
      for (const runner of [...runners.slice(first), ...runners.slice(0, first)]) {
        await runner.sample(round >= warmupCount);
      }
      context.log(`round ${round + 1} of ${rounds}`);
    }
  } finally {
    for (const runner of runners) await runner.close();
  }
}

function rank(row: RankingRow, runners: readonly Runner[]): Ranking {
  const { name, metric, goalRatio = null, goal = null } = row;
  const places = runners.map((runner) => ({
    id: runner.entrant.id,
    series: runner.series(name),
    failure: runner.failure,
  }));
  const [ours, ...peers] = places;
  const better = metric.better === 'higher' ? 1 : -1;
  const ranked = peers.flatMap(({ id, series }) => (series === null ? [] : { id, median: series.median }));
  const best = ranked.toSorted((a, b) => better * (b.median - a.median))[0] ?? null;
  const ratio = ours?.series == null || best === null ? null : advantage(metric, ours.series.median, best.median);
  return { kind: 'ranking', row: name, metric, places, best: best?.id ?? null, ratio, goalRatio, goal };
}

/** `reached` or `MISSED`; empty where nothing is wanted or known. */
export function verdictOf({ places, goal, goalRatio, metric, ratio }: Ranking): string {
  const ours = places[0]?.series?.median;
  const verdicts: boolean[] = [];
  if (goalRatio !== null && ratio !== null) verdicts.push(ratio >= goalRatio);
  if (goal !== null && ours !== undefined) verdicts.push(metric.better === 'higher' ? ours >= goal : ours <= goal);
  if (verdicts.length === 0) return '';
  return verdicts.every(Boolean) ? 'reached' : 'MISSED';
}
