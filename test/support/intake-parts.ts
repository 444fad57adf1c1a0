/** The parts of an Intake that most tests leave as they are. */
import { silentLogger } from '../../core/ports/logger.js';
import type { Clock } from '../../core/kernel/clock.js';
import type { Settings } from '../../core/settings/table.js';
import type { IntakeOptions } from '../../core/worker/intake.js';
import { TaskTallies } from '../../core/worker/metrics/task-tallies.js';
import { PrefetchWindow } from '../../core/worker/prefetch-window.js';
import { RevokedTasks } from '../../core/worker/revoked-tasks.js';
import { TaskLog } from '../../core/worker/task-log.js';
import { TaskSignals } from '../../core/worker/task-signals.js';

/** No deduplication, a broker that keeps delays, a window whose changes nobody hears of. */
export function intakeParts(
  settings: Settings,
  clock: Clock,
): Omit<IntakeOptions, 'pool' | 'settler' | 'plans' | 'storeState'> {
  return {
    settings,
    clock,
    log: new TaskLog(silentLogger),
    signals: new TaskSignals({}, 'celery@here'),
    revoked: new RevokedTasks(settings, clock),
    successes: null,
    guard: null,
    window: new PrefetchWindow({ settings, concurrency: 2, onChange: () => undefined }),
    tallies: new TaskTallies(),
    hasNativeDelay: true,
    hostname: 'celery@here',
  };
}
