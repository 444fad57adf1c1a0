/** The closing table. */
import type { OneThreadEstimate } from './one-thread.js';

export interface RunFacts {
  readonly files: number;
  readonly tiles: number;
  readonly failures: number;
  readonly wallMs: number;
  readonly threads: number;
  /** Of every task that succeeded, ms. */
  readonly runTimesMs: readonly number[];
  readonly bytes: number;
  readonly compressedBytes: number;
  readonly oneThread: OneThreadEstimate;
  readonly picturePath: string;
}

export function formatSummary(facts: RunFacts): string {
  const { files, tiles, failures, wallMs, threads, runTimesMs, oneThread } = facts;
  const sorted = [...runTimesMs].sort((a, b) => a - b);
  const rows: readonly (readonly [string, string])[] = [
    ['tasks', `${count(files + tiles)} (${count(files)} files hashed and compressed, ${count(tiles)} tiles rendered)`],
    ['failures', count(failures)],
    ['time', `${seconds(wallMs)} on ${String(threads)} threads, from the first send to the last result`],
    ['tasks/s', count(Math.round(((files + tiles) / wallMs) * 1_000))],
    ['run time', `p50 ${quantile(sorted, 0.5)} ms, p99 ${quantile(sorted, 0.99)} ms`],
    ['speed-up', `${(oneThread.totalMs / wallMs).toFixed(2)} × one thread (${oneThreadText(oneThread)})`],
    ['brotli', `${megabytes(facts.bytes)} → ${megabytes(facts.compressedBytes)}`],
    ['picture', facts.picturePath],
  ];
  return rows.map(([name, value]) => `  ${name.padEnd(10)}${value}`).join('\n');
}

function oneThreadText({ totalMs, sampleSize }: OneThreadEstimate): string {
  return `${seconds(totalMs)}, from ${count(sampleSize)} of the tasks run in this process`;
}

function quantile(sorted: readonly number[], q: number): string {
  return (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0).toFixed(1);
}

function count(n: number): string {
  return n.toLocaleString('en-US');
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
