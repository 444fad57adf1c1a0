/** The rankings of a run as one table: our figure, everybody's, the best peer, our ratio to it, the goal. */
import type { Ranking } from './bench-case.js';
import { verdictOf } from './ranking.js';
import type { CaseReport } from './report.js';

/** Null when no case of the run compares pools. */
export function describeRankings(cases: readonly CaseReport[]): string | null {
  const lines = cases.flatMap(({ name, findings }) =>
    findings.flatMap((finding) => (finding.kind === 'ranking' ? { name, ranking: finding } : [])),
  );
  if (lines.length === 0) return null;
  const ids = [...new Set(lines.flatMap(({ ranking }) => ranking.places.map(({ id }) => id)))];
  const head = ['case', 'unit', ...ids, 'best peer', 'ratio', 'goal', ''];
  const cells = lines.map(({ name, ranking }) => [
    `${name}: ${ranking.row}`,
    ranking.metric.unit,
    ...ids.map((id) => figure(ranking, id)),
    ranking.best ?? '-',
    ranking.ratio === null ? '-' : `${ranking.ratio.toPrecision(3)}×`,
    describeGoal(ranking),
    verdictOf(ranking),
  ]);
  const failures = lines.flatMap(({ name, ranking }) =>
    ranking.places.flatMap(({ id, failure }) => (failure === null ? [] : `${id} failed at ${name}: ${failure}`)),
  );
  return [layOut([head, ...cells], 2), ...new Set(failures)].join('\n');
}

function figure({ places }: Ranking, id: string): string {
  const place = places.find((one) => one.id === id);
  if (place?.series != null) return shorten(place.series.median);
  return place?.failure == null ? '-' : 'failed';
}

function describeGoal({ goal, goalRatio, metric }: Ranking): string {
  const goals = [
    goalRatio === null ? [] : `≥ ${String(goalRatio)}×`,
    goal === null ? [] : `${metric.better === 'higher' ? '≥' : '≤'} ${shorten(goal)} ${metric.unit}`,
  ];
  return goals.flat().join(', ') || '-';
}

function shorten(value: number): string {
  if (Math.abs(value) >= 1e6) return `${(value / 1e6).toPrecision(3)}M`;
  if (Math.abs(value) >= 1e4) return `${Math.round(value / 1e3)}k`;
  return String(Number(value.toPrecision(3)));
}

/** Columns as wide as their widest cell; the first `leftCount` and the last stand left, the others right. */
function layOut(rows: readonly (readonly string[])[], leftCount: number): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => {
          const isLeft = column < leftCount || column === row.length - 1;
          return isLeft ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
