/** docs/guide/monitoring.md lists every metric of a worker, and none that is not there. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { MetricFamily } from '../../../core/ports/metrics.js';
import { LoopDelay } from '../../../core/worker/metrics/loop-delay.js';
import { RUN_ENDS, TaskTallies } from '../../../core/worker/metrics/task-tallies.js';
import { VitalSigns } from '../../../core/worker/metrics/vital-signs.js';
import { describeWorker } from '../../../core/worker/metrics/worker-metrics.js';
import { PrefetchWindow } from '../../../core/worker/prefetch-window.js';
import { projectRoot } from '../../support/project.js';
import { settingsOf } from '../../support/task-plan.js';
import { VirtualClock } from '../../support/virtual-clock.js';

const page = readFileSync(join(projectRoot, 'docs', 'guide', 'monitoring.md'), 'utf8');

function families(): readonly MetricFamily[] {
  const added: MetricFamily[] = [];
  const clock = new VirtualClock();
  const settings = settingsOf();
  describeWorker(
    { add: (family) => added.push(family) },
    {
      parts: {
        pool: null,
        intake: null,
        settler: null,
        window: new PrefetchWindow({ settings, concurrency: 1, onChange: () => undefined }),
      },
      tallies: new TaskTallies(),
      vitals: new VitalSigns({ consumers: null, backend: null }, clock),
      loopDelay: new LoopDelay(),
      clock,
    },
  );
  return added;
}

describe('the page on monitoring', () => {
  it('lists the metrics of a worker, each once', () => {
    const rows = page.split('\n').filter((line) => /^\| `(celeriac|process)_/.test(line));
    const listed = rows.flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`(\w+)`/g)].map(([, name]) => name));
    assert.deepEqual(
      [...listed].sort(),
      families()
        .map(({ name }) => name)
        .sort(),
    );
  });

  it('names every way in which a run ends', () => {
    for (const end of RUN_ENDS) assert.ok(page.includes(`\`${end}\``), end);
  });
});
