/** What a worker shows of its pool: all of it is in the pool's snapshot. Host thread. */
import type { Clock } from '../../kernel/clock.js';
import type { Metrics, MetricSample } from '../../ports/metrics.js';
import type { Pool, PoolSnapshot } from '../../ports/pool.js';
import { BusyTime } from './busy-time.js';
import { counter, countBy, gauge, one } from './families.js';

type ReadPool = (snapshot: PoolSnapshot) => readonly MetricSample[];

/** @param parts its pool may be there later, or never: then the families are empty */
export function describePool(metrics: Metrics, parts: { readonly pool: Pool | null }, clock: Clock): void {
  const reading = (help: string, read: ReadPool) => ({
    help,
    read: () => (parts.pool === null ? [] : read(parts.pool.snapshot())),
  });
  const add = {
    gauge: (name: string, help: string, read: ReadPool) => {
      gauge(metrics, `celeriac_pool_${name}`, reading(help, read));
    },
    counter: (name: string, help: string, read: ReadPool) => {
      counter(metrics, `celeriac_pool_${name}`, reading(help, read));
    },
  };
  add.gauge('size', 'Members that the pool wants.', ({ size }) => one(size));
  add.gauge('members', 'Members that are there, by state.', ({ members }) => {
    return countBy(
      members.map(({ state }) => state),
      'state',
    );
  });
  add.gauge(
    'member_heap_bytes',
    'Used heap of each thread when it last went idle; of a child process its RSS, 0 where no limit needs it.',
    ({ members }) =>
      members.map(({ index, heapKib }) => ({ labels: { member: String(index) }, value: heapKib * 1024 })),
  );
  add.gauge('stuck_threads', 'Members given up whose thread native code holds.', (s) => one(s.stuckThreads));
  add.gauge('jobs_in_flight', 'Jobs with members, started or not.', ({ inFlight }) => one(inFlight));
  add.gauge('lane_depth', 'Jobs that one lane takes now.', ({ laneDepth }) => one(laneDepth));
  add.counter('jobs_completed_total', 'Jobs with an outcome.', ({ completed }) => one(completed));
  add.counter('jobs_lost_total', 'Jobs lost with their member.', ({ lost }) => one(lost));
  add.counter('members_retired_total', 'Members that were replaced or given up, by cause.', ({ retired }) =>
    Object.entries(retired).map(([cause, value]) => ({ labels: { cause }, value })),
  );
  const busy = new BusyTime();
  add.counter('busy_seconds_total', 'Time of all members in synchronous code of tasks.', (snapshot) => {
    busy.look(snapshot, clock.nowMonoMs());
    return one(busy.totalSeconds);
  });
  // After the family above, which has looked.
  add.gauge('utilization_ratio', 'Share of the members’ time in synchronous code since the last collection.', () =>
    one(busy.utilization),
  );
}
