/** Findings as text for people; the same findings go to JSON as they are. */
import type { BenchCase, Comparison, Finding, Latency, Measurement, Metric, Ranking, Series } from './bench-case.js';
import type { Environment } from './environment.js';
import { verdictOf } from './ranking.js';

export interface CaseReport {
  readonly name: string;
  readonly question: string;
  readonly topology: string;
  readonly findings: readonly Finding[];
}

/** Content of the file that `--json` writes. */
export interface BenchReport {
  readonly environment: Environment;
  readonly cases: readonly CaseReport[];
}

export function describeEnvironment(environment: Environment): string {
  const { cpu, cores, memoryGb, system, node, v8, commit, date, load, execArguments } = environment;
  return [
    `machine  ${cpu}, ${String(cores)} cores, ${String(memoryGb)} GB, ${system}; load ${load.toFixed(2)}`,
    `runtime  Node ${node}, V8 ${v8}${execArguments.length > 0 ? `, ${execArguments.join(' ')}` : ''}`,
    `commit   ${commit ?? 'unknown'}, ${date}`,
    environment.isQuick
      ? 'samples  quick: few and short; a figure to publish needs a full run'
      : `samples  ${String(environment.sampleCount)} a side after ${String(environment.warmupCount)} warm-ups`,
  ].join('\n');
}

export function describeCase({ name, question, topology }: Pick<BenchCase, 'name' | 'question' | 'topology'>): string {
  return `\n${name}: ${question}\n${topology.trimEnd().replace(/^/gm, '    ')}`;
}

export function describeFinding(finding: Finding): string {
  switch (finding.kind) {
    case 'comparison':
      return describeComparison(finding);
    case 'measurement':
      return describeMeasurement(finding);
    case 'latency':
      return describeLatency(finding);
    case 'ranking':
      return describeRanking(finding);
  }
}

function describeComparison({ metric, a, b, ratio, goalRatio }: Comparison): string {
  if (b === null || ratio === null) {
    return `${describeSeries('A', a, metric)}\n  B  skipped: the peer is not installed, so there is no ratio`;
  }
  const goal = goalRatio === null ? '' : verdict(ratio >= goalRatio, `≥ ${formatNumber(goalRatio)}×`);
  return [
    describeSeries('A', a, metric),
    describeSeries('B', b, metric),
    `  A is ${formatNumber(ratio)}× B (medians, ${metric.better} is better)${goal}`,
  ].join('\n');
}

function describeMeasurement({ metric, series, goal }: Measurement): string {
  const line = describeSeries('·', series, metric);
  if (goal === null) return line;
  const isHigher = metric.better === 'higher';
  const isReached = isHigher ? series.median >= goal : series.median <= goal;
  return line + verdict(isReached, `${isHigher ? '≥' : '≤'} ${formatNumber(goal)} ${metric.unit}`);
}

function describeLatency({ label, count, meanMs, p50Ms, p90Ms, p99Ms, maxMs, goal }: Latency): string {
  const line =
    `  ·  ${label}: p50 ${formatNumber(p50Ms)} ms, p90 ${formatNumber(p90Ms)} ms, p99 ${formatNumber(p99Ms)} ms, ` +
    `max ${formatNumber(maxMs)} ms, mean ${formatNumber(meanMs)} ms (${String(count)} values)`;
  if (goal === null) return line;
  const { p50Ms: p50Goal = Infinity, p99Ms: p99Goal = Infinity } = goal;
  const named = [`p50 ≤ ${formatNumber(p50Goal)} ms`, `p99 ≤ ${formatNumber(p99Goal)} ms`];
  const wanted = named.filter((_, index) => Number.isFinite([p50Goal, p99Goal][index]));
  return line + verdict(p50Ms <= p50Goal && p99Ms <= p99Goal, wanted.join(', '));
}

function describeRanking(ranking: Ranking): string {
  const { row, metric, places, best, ratio } = ranking;
  const lines = places.flatMap(({ id, series }) =>
    series === null ? [] : describeSeries(id === best ? '*' : '·', series, metric),
  );
  const advantage = ratio === null ? 'nobody to compare with' : `${formatNumber(ratio)}× the best peer (*)`;
  const verdict = verdictOf(ranking);
  return [` ${row} (${metric.better} is better): ${advantage}${verdict && `; goal ${verdict}`}`, ...lines].join('\n');
}

function describeSeries(mark: string, { label, settings, median, min, max }: Series, { unit }: Metric): string {
  const listed = Object.entries(settings).map(([name, value]) => `${name} ${String(value)}`);
  const promises = listed.length > 0 ? ` [${listed.join(', ')}]` : '';
  return `  ${mark}  ${label}: ${formatNumber(median)} ${unit} (${formatNumber(min)} – ${formatNumber(max)})${promises}`;
}

function verdict(isReached: boolean, goal: string): string {
  return `; goal ${goal} ${isReached ? 'reached' : 'MISSED'}`;
}

/** Three significant digits below 1000, thousands grouped above. */
function formatNumber(value: number): string {
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}
