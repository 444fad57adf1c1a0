import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Comparison, Series } from '../../../bench/harness/bench-case.js';
import { LatencyRecorder, summarizeLatency } from '../../../bench/harness/latency-recorder.js';
import { describeFinding } from '../../../bench/harness/report.js';

const series = (label: string, median: number): Series => ({
  label,
  settings: { results: 'on', threads: 2 },
  samples: [median],
  median,
  min: median / 2,
  max: median * 2,
});

const comparison: Comparison = {
  kind: 'comparison',
  metric: { unit: 'tasks/s', better: 'higher' },
  a: series('ours', 500_000),
  b: series('theirs', 50_000),
  ratio: 10,
  goalRatio: 4,
};

describe('report of findings', () => {
  it('shows medians, spread, settings of both sides, the ratio and its goal', () => {
    assert.equal(
      describeFinding(comparison),
      [
        '  A  ours: 500,000 tasks/s (250,000 – 1,000,000) [results on, threads 2]',
        '  B  theirs: 50,000 tasks/s (25,000 – 100,000) [results on, threads 2]',
        '  A is 10× B (medians, higher is better); goal ≥ 4× reached',
      ].join('\n'),
    );
  });

  it('says so when a goal is missed', () => {
    assert.match(describeFinding({ ...comparison, ratio: 3.9 }), /3\.9× B .*goal ≥ 4× MISSED$/);
  });

  it('says so when the peer is not there', () => {
    assert.match(describeFinding({ ...comparison, b: null, ratio: null }), /B {2}skipped: the peer is not installed/);
  });

  it('a measurement where lower is better reaches its goal from below', () => {
    const metric = { unit: '% of a core', better: 'lower' } as const;
    const idle = { kind: 'measurement', metric, series: series('idle', 0.4), goal: 1 } as const;
    assert.match(describeFinding(idle), /goal ≤ 1 % of a core reached$/);
    assert.match(describeFinding({ ...idle, goal: 0.3 }), /MISSED$/);
  });

  it('percentiles come from the recorded values, within three digits', () => {
    const recorder = new LatencyRecorder();
    for (let value = 1; value <= 1000; value++) recorder.record(value / 100);
    const latency = summarizeLatency('round trip', recorder, { p99Ms: 9 });
    assert.equal(latency.count, 1000);
    assert.ok(Math.abs(latency.p50Ms - 5) < 0.02);
    assert.ok(Math.abs(latency.p99Ms - 9.9) < 0.02);
    assert.match(describeFinding(latency), /goal p99 ≤ 9 ms MISSED$/);
  });
});
