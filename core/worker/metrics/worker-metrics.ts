/**
 * The families that a worker shows (docs/guide/monitoring.md lists them). Everything is read from the parts at the moment
 * somebody collects; what is counted meanwhile are the tallies of tasks. Host thread.
 */
import type { Clock } from '../../kernel/clock.js';
import type { Metrics, MetricSample } from '../../ports/metrics.js';
import type { Pool } from '../../ports/pool.js';
import type { Intake } from '../intake.js';
import type { PrefetchWindow } from '../prefetch-window.js';
import type { Settler } from '../settler.js';
import { countBy, counter, gauge, one } from './families.js';
import type { LoopDelay } from './loop-delay.js';
import { describePool } from './pool-metrics.js';
import type { TaskTallies } from './task-tallies.js';
import type { VitalSigns } from './vital-signs.js';

/** The parts of a worker that metrics look at; those that are not there yet are null. */
export interface MeasuredParts {
  readonly pool: Pool | null;
  readonly intake: Intake | null;
  readonly settler: Settler | null;
  readonly window: PrefetchWindow;
}

export interface MetricSources {
  readonly parts: MeasuredParts;
  readonly tallies: TaskTallies;
  readonly vitals: VitalSigns;
  readonly loopDelay: LoopDelay;
  readonly clock: Clock;
}

/** Adds all families of a worker. @throws ConfigError when the registry has them already */
export function describeWorker(metrics: Metrics, sources: MetricSources): void {
  describeTasks(metrics, sources);
  describePool(metrics, sources.parts, sources.clock);
  describeHost(metrics, sources);
}

function describeTasks(metrics: Metrics, { parts, tallies }: MetricSources): void {
  metrics.add({
    kind: 'counter',
    name: 'celeriac_tasks_received_total',
    help: 'Task messages that this worker has reserved.',
    read: () => [...(parts.intake?.totals ?? [])].map(([task, value]) => ({ labels: { task }, value })),
  });
  metrics.add({
    kind: 'counter',
    name: 'celeriac_task_runs_total',
    help: 'Runs that ended, by how they did.',
    *read() {
      for (const [task, { ends }] of tallies.entries()) {
        for (const [end, value] of Object.entries(ends)) if (value > 0) yield { labels: { task, end }, value };
      }
    },
  });
  metrics.add({
    kind: 'histogram',
    name: 'celeriac_task_queue_seconds',
    help: 'From when a task could run on this worker until a member ran it.',
    *read() {
      for (const [task, { waits }] of tallies.entries()) yield waits.distribution({ task });
    },
  });
  metrics.add({
    kind: 'histogram',
    name: 'celeriac_task_run_seconds',
    help: 'Run time of tasks.',
    *read() {
      for (const [task, { runs }] of tallies.entries()) yield runs.distribution({ task });
    },
  });
  gauge(metrics, 'celeriac_requests', {
    help: 'Task messages in hand, by state.',
    read: () => requestsByState(parts.intake),
  });
}

function describeHost(metrics: Metrics, { parts, vitals, loopDelay }: MetricSources): void {
  gauge(metrics, 'celeriac_prefetch_count', {
    help: 'Unsettled deliveries that are taken at most; 0 without limit.',
    read: () => one(parts.window.count),
  });
  gauge(metrics, 'celeriac_prefetch_bytes', { help: 'Bodies in hand.', read: () => one(parts.window.bytes) });
  gauge(metrics, 'celeriac_settlements_pending', {
    help: 'Runs that ended and are not settled yet.',
    read: () => one(parts.settler?.pending ?? 0),
  });
  gauge(metrics, 'celeriac_claim_age_seconds', {
    help: 'Since the broker last answered on the way of deliveries.',
    read: () => ageOf(vitals.claimAgeMs),
  });
  gauge(metrics, 'celeriac_backend_age_seconds', {
    help: 'Since the result backend last answered.',
    read: () => ageOf(vitals.backendAgeMs),
  });
  gauge(metrics, 'celeriac_host_loop_delay_seconds', {
    help: 'How late the event loop of the host is, by quantile.',
    read: () => loopDelay.quantiles().map(([quantile, value]) => ({ labels: { quantile }, value })),
  });
  gauge(metrics, 'celeriac_host_loop_utilization_ratio', {
    help: 'Share of its time that the event loop of the host was busy.',
    read: () => one(loopDelay.utilization()),
  });
  describeProcess(metrics);
}

/** Names as every Prometheus client has them. */
function describeProcess(metrics: Metrics): void {
  counter(metrics, 'process_cpu_seconds_total', {
    help: 'CPU time of the process.',
    read: () => {
      const { user, system } = process.cpuUsage();
      return one((user + system) / 1e6);
    },
  });
  gauge(metrics, 'process_resident_memory_bytes', {
    help: 'Memory of the process.',
    read: () => one(process.memoryUsage.rss()),
  });
}

function ageOf(ageMs: number | null): readonly MetricSample[] {
  return ageMs === null ? [] : one(ageMs / 1_000);
}

function requestsByState(intake: Intake | null): readonly MetricSample[] {
  const states: string[] = [];
  for (const { machine } of intake?.requests() ?? []) states.push(machine.state);
  return countBy(states, 'state');
}
