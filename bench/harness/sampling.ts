/**
 * Takes the samples. A and B take turns in one run, and the one that begins alternates (A B, B A, A B …), so that
 * whatever else the machine does meets both; what is compared are medians of the same minutes.
 */
import type { BenchContext, Comparison, Measurement, Series, Side } from './bench-case.js';
import { advantage, median, spread } from './statistics.js';

/** @param b null when the peer is not installed: A is measured alone and the report says so. */
export async function compareSides(
  context: BenchContext,
  a: Side,
  b: Side | null,
  options: { readonly goalRatio?: number } = {},
): Promise<Comparison> {
  const trackA = new Track(a);
  const trackB = b === null ? null : new Track(b);
  await takeTurns(context, trackB === null ? [trackA] : [trackA, trackB]);
  const seriesA = trackA.series();
  const seriesB = trackB?.series() ?? null;
  const ratio = seriesB === null ? null : advantage(context.metric, seriesA.median, seriesB.median);
  const { goalRatio = null } = options;
  return { kind: 'comparison', metric: context.metric, a: seriesA, b: seriesB, ratio, goalRatio };
}

/** One side alone, where there is nothing to compare with. */
export async function measureSide(
  context: BenchContext,
  side: Side,
  options: { readonly goal?: number } = {},
): Promise<Measurement> {
  const track = new Track(side);
  await takeTurns(context, [track]);
  return { kind: 'measurement', metric: context.metric, series: track.series(), goal: options.goal ?? null };
}

/** A side with the samples that it has given so far. */
class Track {
  readonly side: Side;
  readonly samples: number[] = [];

  constructor(side: Side) {
    this.side = side;
  }

  series(): Series {
    const { label, settings } = this.side;
    return { label, settings, samples: this.samples, median: median(this.samples), ...spread(this.samples) };
  }
}

async function takeTurns(context: BenchContext, tracks: readonly Track[]): Promise<void> {
  const standing: Track[] = [];
  try {
    for (const track of tracks) {
      standing.push(track);
      await track.side.setup?.();
    }
    const rounds = context.warmupCount + context.sampleCount;
    for (let round = 0; round < rounds; round++) {
      for (const track of round % 2 === 0 ? tracks : tracks.toReversed()) {
        await takeSample(track, round >= context.warmupCount);
      }
      context.log(`round ${String(round + 1)} of ${String(rounds)}`);
    }
  } finally {
    for (const track of standing) await track.side.teardown?.();
  }
}

async function takeSample({ side, samples }: Track, counts: boolean): Promise<void> {
  // What one side has left on the heap shall not be collected in the time of the other.
  globalThis.gc?.();
  const value = await side.sample();
  if (counts) samples.push(value);
}
