/**
 * The parts of a worker and the order in which they are opened (WORK-01): broker, store and members together, then what
 * ties them, then the consumer. A start that fails leaves what was opened here for `shutdown.ts` to close. Host thread.
 */
import type { Connections } from '../app/connections.js';
import type { DirectOutlet } from '../app/direct-outlet.js';
import type { QueueTable } from '../app/queue-table.js';
import { systemClock } from '../kernel/clock.js';
import { systemRandom } from '../kernel/random.js';
import type { Backend } from '../ports/backend.js';
import type { LeveledLogger } from '../ports/logger.js';
import type { Pool } from '../ports/pool.js';
import type { Transport } from '../ports/transport.js';
import { ResultFormat } from '../protocol/result-format.js';
import type { Settings } from '../settings/table.js';
import { signals } from '../task/signal-table.js';
import { ConsumerSet } from './consumer-set.js';
import { loadAutoscaler } from './custom-autoscaler.js';
import type { CrashGuard } from './crashes/crash-guard.js';
import type { HostModule } from './host-module.js';
import { Intake } from './intake.js';
import { MemberCalls } from './member-calls.js';
import { TaskTallies } from './metrics/task-tallies.js';
import { VitalSigns } from './metrics/vital-signs.js';
import { PoolSize } from './pool-size.js';
import { PrefetchWindow } from './prefetch-window.js';
import { RevokedTasks } from './revoked-tasks.js';
import { Settler } from './settler.js';
import { SuccessfulTasks } from './successful-tasks.js';
import { TaskLog } from './task-log.js';
import type { TaskPlan } from './task-plan.js';
import { openTaskPool } from './task-pool.js';
import { TaskSignals } from './task-signals.js';
import { windowConcurrencyOf } from './worker-options.js';

export interface AssemblyOptions {
  readonly settings: Settings;
  readonly hostname: string;
  readonly concurrency: number;
  readonly queues: QueueTable;
  readonly connections: Connections;
  readonly outlet: DirectOutlet;
  readonly logger: LeveledLogger;
  /** Sender of the signals of tasks. */
  readonly sender: object;
  /** null: nobody looks after this process. */
  readonly guard: CrashGuard | null;
  /** Remove what waits in the queues first (WORK-05). */
  readonly purges: boolean;
  /** The consumer is lost for good, or members die as fast as they start. */
  readonly onDead: (error: Error) => void;
}

export class Assembly {
  readonly revoked: RevokedTasks;
  readonly window: PrefetchWindow;
  readonly tallies = new TaskTallies();
  readonly vitals = new VitalSigns(this, systemClock);
  transport: Transport | null = null;
  backend: Backend | null = null;
  pool: Pool | null = null;
  consumers: ConsumerSet | null = null;
  settler: Settler | null = null;
  intake: Intake | null = null;
  size: PoolSize | null = null;
  /** Hears commands; null where remote control is off. */
  control: { close(): Promise<void> } | null = null;
  plans: ReadonlyMap<string, TaskPlan> = new Map();
  #reloadPool: (() => Promise<void>) | null = null;
  readonly #options: AssemblyOptions;
  readonly #log: TaskLog;

  constructor(options: AssemblyOptions) {
    const { settings, logger } = options;
    this.#options = options;
    this.#log = new TaskLog(logger);
    this.revoked = new RevokedTasks(settings, systemClock);
    this.window = new PrefetchWindow({
      settings,
      concurrency: windowConcurrencyOf(settings),
      onChange: (count) => this.consumers?.setPrefetch(count),
    });
  }

  /** Resolves when every member is READY and every queue is consumed. @throws what the parts throw */
  async open(host: HostModule): Promise<void> {
    const opening = [this.#openTransport(), this.#openBackend(), this.#openPool(host)] as const;
    // All have ended before one that failed is reported: the shutdown then finds everything that was opened.
    await Promise.allSettled(opening);
    const [{ transport, consumers }, backend, pool] = await Promise.all(opening);
    const settler = this.#createSettler(backend, consumers);
    this.settler = settler;
    this.intake = this.#createIntake({ pool, settler, backend, transport });
    this.size = await this.#openSize(host, pool);
    await consumers.start(this.window.count);
  }

  /** Members load the app module anew; what its tasks say holds from then on. @throws PoolError, ConfigError */
  async reload(): Promise<void> {
    const before = new Map(this.plans);
    await this.#reloadPool?.();
    for (const { name, ratePerSecond } of this.plans.values()) {
      if (before.get(name)?.ratePerSecond !== ratePerSecond) this.intake?.admission.setRateLimit(name, ratePerSecond);
    }
  }

  noteRunning(): void {
    if (this.pool !== null && this.intake !== null) this.#options.guard?.lookAround(this.intake.requests(), this.pool);
  }

  async #openTransport(): Promise<{ readonly transport: Transport; readonly consumers: ConsumerSet }> {
    const { connections, queues, logger, purges, onDead } = this.#options;
    const transport = await connections.newTransport();
    this.transport = transport;
    const consumers = new ConsumerSet({
      transport,
      queues,
      onDeliveries: (batch) => {
        this.intake?.receive(batch);
        this.size?.received();
      },
      onLost: (error, recovering) => {
        logger.error({ err: error, recovering }, `consuming was interrupted: ${error.message}`);
        this.intake?.dropUnstarted();
        if (!recovering) onDead(error);
      },
    });
    this.consumers = consumers;
    await consumers.declare();
    if (purges) for (const name of consumers.names) await this.#purge(transport, name);
    return { transport, consumers };
  }

  async #purge(transport: Transport, queue: string): Promise<void> {
    const count = await transport.purge(queue);
    this.#options.logger.warn({ queue, count }, `purged ${String(count)} messages from ${queue}`);
  }

  async #openBackend(): Promise<Backend | null> {
    const { connections, settings } = this.#options;
    if (connections.hasBackend) ResultFormat.of(settings)?.assertWritable();
    this.backend = connections.hasBackend ? await connections.backend() : null;
    return this.backend;
  }

  async #openPool(host: HostModule): Promise<Pool> {
    const { outlet, settings, hostname, concurrency, logger, sender } = this.#options;
    const calls = new MemberCalls(outlet, { log: this.#log, window: this.window });
    const opened = await openTaskPool({
      host,
      settings,
      hostname,
      size: concurrency,
      logger,
      onCall: (call) => {
        calls.serve(call);
      },
      onRoom: () => {
        this.#options.guard?.hasRoom();
        this.intake?.feed();
      },
      onCrashLoop: (error) => {
        logger.error({ err: error }, `the worker ends: ${error.message}`);
        this.#options.onDead(error);
      },
      onSpawn: () => {
        if (signals.workerBeforeCreateProcess.hasListeners) signals.workerBeforeCreateProcess.send(sender, {});
      },
    });
    this.pool = opened.pool;
    this.plans = opened.plans;
    this.#reloadPool = opened.reload;
    return opened.pool;
  }

  async #openSize(host: HostModule, pool: Pool): Promise<PoolSize> {
    const { settings } = this.#options;
    // One that keeps its members has said so at its start.
    const { replacesMembers, hasFixedSize = false } = pool.capabilities;
    const isScaled = settings.workerAutoscaleMax !== null && replacesMembers && !hasFixedSize;
    return new PoolSize({
      pool,
      window: this.window,
      settings,
      autoscaler: isScaled ? await loadAutoscaler(settings.workerAutoscaler, host) : null,
      reserved: () => this.intake?.reservedCount ?? 0,
      clock: systemClock,
    });
  }

  #createSettler(backend: Backend | null, consumers: ConsumerSet): Settler {
    const { outlet, logger } = this.#options;
    return new Settler({
      publish: async (messages) => {
        await Promise.all(messages.map((message) => outlet.publish(message)));
      },
      settle: (batch) => consumers.settle(batch),
      backend,
      onStored: this.vitals.stored,
      clock: systemClock,
      random: systemRandom,
      logger,
    });
  }

  #createIntake(parts: {
    readonly pool: Pool;
    readonly settler: Settler;
    readonly backend: Backend | null;
    readonly transport: Transport;
  }): Intake {
    const { settings, hostname, logger, sender, guard } = this.#options;
    const { pool, settler, backend, transport } = parts;
    const remembers = settings.workerDeduplicateSuccessfulTasks;
    return new Intake({
      pool,
      settler,
      plans: this.plans,
      settings,
      log: this.#log,
      signals: new TaskSignals(sender, hostname),
      revoked: this.revoked,
      successes: remembers ? new SuccessfulTasks(settings, { backend, clock: systemClock }) : null,
      window: this.window,
      guard,
      tallies: this.tallies,
      hasNativeDelay: transport.capabilities.nativeDelay,
      storeState: (result) => {
        backend?.store([result]).catch((error: unknown) => {
          logger.warn({ err: error, taskId: result.taskId }, 'the state STARTED could not be stored');
        });
      },
      hostname,
      clock: systemClock,
    });
  }
}
