/** How families of single numbers are written down, in one line each. */
import type { Metrics, MetricSample } from '../../ports/metrics.js';

type Read = () => readonly MetricSample[];

export function gauge(
  metrics: Metrics,
  name: string,
  { help, read }: { readonly help: string; readonly read: Read },
): void {
  metrics.add({ kind: 'gauge', name, help, read });
}

export function counter(
  metrics: Metrics,
  name: string,
  { help, read }: { readonly help: string; readonly read: Read },
): void {
  metrics.add({ kind: 'counter', name, help, read });
}

export function one(value: number): readonly MetricSample[] {
  return [{ labels: {}, value }];
}

/** How often each value is there, by that value as a label. */
export function countBy(values: readonly string[], label: string): readonly MetricSample[] {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].map(([value, count]) => ({ labels: { [label]: value }, value: count }));
}
