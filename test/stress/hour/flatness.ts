/** Whether memory and handles of this process stay where they are: samples over the run, first quarter against last. */

export interface Sample {
  readonly atMs: number;
  readonly rssMib: number;
  readonly handles: number;
}

/** Growth that the allocator and the tide of members explain. */
const FREE_RSS_MIB = 64;
const FREE_RSS_SHARE = 0.2;
const FREE_HANDLES = 20;

export interface Flatness {
  readonly firstRssMib: number;
  readonly lastRssMib: number;
  /** Least squares over the last three quarters, MiB an hour. */
  readonly slopeMibPerHour: number;
  readonly firstHandles: number;
  readonly lastHandles: number;
  readonly violations: readonly string[];
}

export function takeSample(startMs: number): Sample {
  const rssMib = process.memoryUsage.rss() / 2 ** 20;
  return { atMs: performance.now() - startMs, rssMib, handles: process.getActiveResourcesInfo().length };
}

/** @param isLong whether the run was long enough for its first quarter to be past the warm-up */
export function judgeFlatness(samples: readonly Sample[], isLong: boolean): Flatness {
  const quarter = Math.max(1, Math.floor(samples.length / 4));
  const first = samples.slice(0, quarter);
  const last = samples.slice(-quarter);
  const flatness = {
    firstRssMib: median(first.map(({ rssMib }) => rssMib)),
    lastRssMib: median(last.map(({ rssMib }) => rssMib)),
    slopeMibPerHour: slope(samples.slice(quarter)) * 3_600_000,
    firstHandles: median(first.map(({ handles }) => handles)),
    lastHandles: median(last.map(({ handles }) => handles)),
  };
  const violations: string[] = [];
  const mostRss = flatness.firstRssMib * (1 + FREE_RSS_SHARE) + FREE_RSS_MIB;
  if (isLong && flatness.lastRssMib > mostRss) {
    violations.push(`RSS grew from ${flatness.firstRssMib.toFixed(0)} to ${flatness.lastRssMib.toFixed(0)} MiB`);
  }
  if (isLong && flatness.lastHandles > flatness.firstHandles + FREE_HANDLES) {
    violations.push(`handles grew from ${String(flatness.firstHandles)} to ${String(flatness.lastHandles)}`);
  }
  return { ...flatness, violations };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

function slope(samples: readonly Sample[]): number {
  const n = samples.length;
  const meanX = samples.reduce((sum, { atMs }) => sum + atMs, 0) / n;
  const meanY = samples.reduce((sum, { rssMib }) => sum + rssMib, 0) / n;
  let above = 0;
  let below = 0;
  for (const { atMs, rssMib } of samples) {
    above += (atMs - meanX) * (rssMib - meanY);
    below += (atMs - meanX) ** 2;
  }
  return below === 0 ? 0 : above / below;
}
