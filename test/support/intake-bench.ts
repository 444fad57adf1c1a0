/** An Intake between a fake pool and a broker whose answers the test chooses, in virtual time. */
import { createSeededRandom } from '../../core/kernel/random.js';
import type { LeveledLogger } from '../../core/ports/logger.js';
import { silentLogger } from '../../core/ports/logger.js';
import type { OutgoingMessage, SettleOutcome, Settlement } from '../../core/ports/transport.js';
import type { TaskOptions } from '../../core/task/task-options.js';
import type { CrashGuard } from '../../core/worker/crashes/crash-guard.js';
import { Intake } from '../../core/worker/intake.js';
import { Settler } from '../../core/worker/settler.js';
import { FakePool } from './fake-pool.js';
import { intakeParts } from './intake-parts.js';
import { planOf, settingsOf } from './task-plan.js';
import { VirtualClock } from './virtual-clock.js';

export interface IntakeBenchOptions {
  readonly task?: TaskOptions;
  readonly hasNativeDelay?: boolean;
  readonly outcome?: SettleOutcome;
  readonly logger?: LeveledLogger;
  readonly guard?: CrashGuard;
  /** Hears what is published and settled. */
  readonly broker?: {
    publish(messages: readonly OutgoingMessage[]): void;
    settle(batch: readonly Settlement[]): void;
  };
}

export function intakeBench({
  task,
  hasNativeDelay = true,
  outcome = 'settled',
  logger = silentLogger,
  guard,
  broker,
}: IntakeBenchOptions = {}) {
  const clock = new VirtualClock();
  const pool = new FakePool();
  const batches: (readonly Settlement[])[] = [];
  const settler = new Settler({
    publish: (messages) => {
      broker?.publish(messages);
      return Promise.resolve();
    },
    settle: (batch) => {
      batches.push(batch);
      broker?.settle(batch);
      return Promise.resolve(batch.map(() => outcome));
    },
    backend: null,
    clock,
    random: createSeededRandom(1),
    logger,
  });
  const intake = new Intake({
    ...intakeParts(settingsOf(), clock),
    hasNativeDelay,
    guard: guard ?? null,
    pool,
    settler,
    plans: new Map([['shop.add', planOf(task)]]),
    storeState: () => undefined,
  });
  return { clock, pool, intake, batches };
}
