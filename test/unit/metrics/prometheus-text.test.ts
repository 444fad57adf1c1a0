import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConfigError } from '../../../core/kernel/errors.js';
import { Histogram } from '../../../core/metrics/histogram.js';
import { MetricRegistry } from '../../../core/metrics/metric-registry.js';
import { prometheusText } from '../../../core/metrics/prometheus-text.js';

describe('a registry as text for Prometheus', () => {
  it('writes help, type and a line for each series, with values that are no plain numbers', () => {
    const registry = new MetricRegistry();
    registry.add({
      kind: 'counter',
      name: 'runs_total',
      help: 'Runs,\nall of them \\.',
      read: () => [
        { labels: { task: 'shop.add', end: 'success' }, value: 3 },
        { labels: { task: 'a"b\\c\nd', end: 'x' }, value: Infinity },
      ],
    });
    registry.add({ kind: 'gauge', name: 'size', help: 'Size.', read: () => [{ labels: {}, value: NaN }] });
    assert.equal(
      prometheusText(registry),
      [
        '# HELP runs_total Runs,\\nall of them \\\\.',
        '# TYPE runs_total counter',
        'runs_total{task="shop.add",end="success"} 3',
        'runs_total{task="a\\"b\\\\c\\nd",end="x"} +Inf',
        '# HELP size Size.',
        '# TYPE size gauge',
        'size NaN',
        '',
      ].join('\n'),
    );
  });

  it('writes a histogram with cumulative buckets, sum and count', () => {
    const registry = new MetricRegistry();
    const histogram = new Histogram([0.5, 1]);
    for (const value of [0.2, 0.7, 9]) histogram.record(value);
    registry.add({
      kind: 'histogram',
      name: 'run_seconds',
      help: 'h',
      read: () => [histogram.distribution({ task: 't' })],
    });
    assert.deepEqual(prometheusText(registry).split('\n').slice(1, -1), [
      '# TYPE run_seconds histogram',
      'run_seconds_bucket{task="t",le="0.5"} 1',
      'run_seconds_bucket{task="t",le="1"} 2',
      'run_seconds_bucket{task="t",le="+Inf"} 3',
      'run_seconds_sum{task="t"} 9.9',
      'run_seconds_count{task="t"} 3',
    ]);
  });
});

describe('a registry of metrics', () => {
  it('refuses a name that is taken, and one that is none', () => {
    const registry = new MetricRegistry();
    const family = { kind: 'gauge', help: '', read: () => [] } as const;
    registry.add({ ...family, name: 'a' });
    assert.throws(() => {
      registry.add({ ...family, name: 'a' });
    }, ConfigError);
    assert.throws(() => {
      registry.add({ ...family, name: 'A-b' });
    }, ConfigError);
  });

  it('sums up under `other` what a family has beyond the limit of series', () => {
    const registry = new MetricRegistry(3);
    const numbers = [1, 2, 3, 4, 5];
    const histogramOf = (value: number): Histogram => {
      const histogram = new Histogram([2]);
      histogram.record(value);
      return histogram;
    };
    registry.add({
      kind: 'counter',
      name: 'c',
      help: '',
      read: () => numbers.map((value) => ({ labels: { task: String(value) }, value })),
    });
    registry.add({
      kind: 'histogram',
      name: 'h',
      help: '',
      read: () => numbers.map((value) => histogramOf(value).distribution({ task: String(value) })),
    });
    const [counter, histogram] = registry.read();
    assert.deepEqual(counter?.series, [
      { labels: { task: '1' }, value: 1 },
      { labels: { task: '2' }, value: 2 },
      { labels: { task: 'other' }, value: 12 },
    ]);
    assert.deepEqual(histogram?.series[2], { labels: { task: 'other' }, bounds: [2], counts: [0, 3], sum: 12 });
  });
});
