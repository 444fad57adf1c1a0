/**
 * The text that Prometheus collects (exposition format 0.0.4): help, type, one line a series; a histogram as its
 * cumulative buckets, sum and count. Label values may be anybody's text, so they are escaped.
 */
import type { MetricDistribution, MetricLabels } from '../ports/metrics.js';
import type { MetricReading, MetricRegistry } from './metric-registry.js';

export const PROMETHEUS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** What the registry says now, ready to be sent. */
export function prometheusText(registry: MetricRegistry): string {
  const lines: string[] = [];
  for (const reading of registry.read()) {
    lines.push(`# HELP ${reading.name} ${escapeHelp(reading.help)}`, `# TYPE ${reading.name} ${reading.kind}`);
    lines.push(...seriesLines(reading));
  }
  return `${lines.join('\n')}\n`;
}

function seriesLines(reading: MetricReading): readonly string[] {
  if (reading.kind === 'histogram') return reading.series.flatMap((each) => distributionLines(reading.name, each));
  return reading.series.map(({ labels, value }) => line(reading.name, labels, value));
}

function distributionLines(name: string, { labels, bounds, counts, sum }: MetricDistribution): readonly string[] {
  let below = 0;
  const buckets = counts.map((count, i) => {
    below += count;
    const bound = bounds[i];
    return line(`${name}_bucket`, { ...labels, le: bound === undefined ? '+Inf' : String(bound) }, below);
  });
  return [...buckets, line(`${name}_sum`, labels, sum), line(`${name}_count`, labels, below)];
}

function line(name: string, labels: MetricLabels, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
  const braces = pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
  return `${name}${braces} ${numberText(value)}`;
}

function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value);
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? '+Inf' : '-Inf';
}

function escapeLabel(text: string): string {
  return text.replace(/[\\"\n]/g, (one) => (one === '\n' ? '\\n' : `\\${one}`));
}

function escapeHelp(text: string): string {
  return text.replace(/[\\\n]/g, (one) => (one === '\n' ? '\\n' : '\\\\'));
}
