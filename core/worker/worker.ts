/**
 * One worker node: consumes queues, runs tasks in the members of a pool, settles. The same class serves the command line
 * and another server that embeds it; it installs no signal handler and never ends the process. Host thread.
 */
import { systemClock } from '../kernel/clock.js';
import { withDeadline } from '../kernel/deadline.js';
import { TimeoutError } from '../kernel/errors.js';
import { systemRandom } from '../kernel/random.js';
import { StateMachine } from '../kernel/state-machine.js';
import type { Celeriac } from '../app/celeriac.js';
import { Connections } from '../app/connections.js';
import { DirectOutlet } from '../app/direct-outlet.js';
import type { Backend } from '../ports/backend.js';
import type { LeveledLogger } from '../ports/logger.js';
import type { Pool } from '../ports/pool.js';
import type { Consumer, Transport } from '../ports/transport.js';
import type { Settings } from '../settings/table.js';
import { threadRuntime } from '../task/thread-runtime.js';
import { loadHostModule, type HostModule } from './host-module.js';
import { Intake } from './intake.js';
import { MemberCalls } from './member-calls.js';
import { Settler } from './settler.js';
import { TaskLog } from './task-log.js';
import { openTaskPool, type TaskPool } from './task-pool.js';
import { workerTransitions, type WorkerState } from './worker-state.js';
import { concurrencyOf, effectiveSettings, resolveWorkerOptions, type WorkerOptions } from './worker-options.js';

export interface WorkerCloseOptions {
  /** Longest time for running tasks to end, ms; what is not finished then goes back to its queue. @defaultValue null, no end */
  readonly timeoutMs?: number | null;
}

/** Bound of each step of closing that waits for a broker, store or thread, ms. */
const STEP_TIMEOUT_MS = 5_000;
/** The pool writes off a thread that native code holds after 5 s, and then has something to tell of its task. */
const POOL_TIMEOUT_MS = 8_000;

export class Worker {
  readonly app: Celeriac;
  readonly settings: Settings;
  readonly hostname: string;
  readonly queues: readonly string[];
  readonly concurrency: number;
  /** Names of the tasks that it knows, sorted; complete when `start` has resolved. */
  taskNames: readonly string[] = [];
  /** Rejects when the worker ended on its own, resolves when it was closed. */
  readonly ended: Promise<void>;
  readonly #logger: LeveledLogger;
  readonly #log: TaskLog;
  /** Its own, by its own settings: closed with it, while the app's serve whoever embeds it. */
  readonly #connections: Connections;
  readonly #outlet: DirectOutlet;
  readonly #machine = new StateMachine(workerTransitions, 'starting', { subject: 'worker' });
  #transport: Transport | null = null;
  #backend: Backend | null = null;
  #pool: Pool | null = null;
  #intake: Intake | null = null;
  #settler: Settler | null = null;
  #consumer: Promise<Consumer> | null = null;
  #closing: Promise<void> | null = null;
  #hurry: () => void = () => undefined;
  #end: { resolve: () => void; reject: (error: Error) => void } = { resolve: () => undefined, reject: () => undefined };

  /**
   * Starts a worker; resolves when every member is READY and every queue is consumed.
   * @throws ConfigError, TransportError, BackendError or PoolError; nothing is left open then.
   */
  static async start(options: WorkerOptions): Promise<Worker> {
    const { module, attribute, hostname, logger } = resolveWorkerOptions(options);
    const runtime = threadRuntime();
    runtime.role = 'host';
    const host = await loadHostModule(module, { attribute, app: options.app ?? null });
    const settings = effectiveSettings(host.app, options);
    const worker = new Worker(host.app, { settings, hostname, logger, queues: options.queues ?? null });
    try {
      await worker.#open(host);
    } catch (error) {
      await worker.close({ timeoutMs: 0 });
      throw error;
    }
    return worker;
  }

  private constructor(
    app: Celeriac,
    options: {
      readonly settings: Settings;
      readonly hostname: string;
      readonly logger: LeveledLogger;
      readonly queues: readonly string[] | null;
    },
  ) {
    this.app = app;
    this.settings = options.settings;
    this.hostname = options.hostname;
    this.queues = options.queues ?? [options.settings.taskDefaultQueue];
    this.concurrency = concurrencyOf(options.settings);
    this.#logger = options.logger;
    this.#log = new TaskLog(options.logger);
    const common = { settings: options.settings, clock: systemClock, random: systemRandom };
    this.#connections = new Connections({ ...common, definedIn: app.definedIn });
    this.#outlet = new DirectOutlet({ ...common, connections: this.#connections });
    this.ended = new Promise((resolve, reject) => {
      this.#end = { resolve, reject };
    });
    // Whoever does not look at `ended` must not die of it.
    this.ended.catch(() => undefined);
  }

  get state(): WorkerState {
    return this.#machine.state;
  }

  /** Absolute address of the broker, without password. */
  get brokerAddress(): string {
    return this.#transport?.address ?? this.settings.brokerUrl;
  }

  /** Absolute address of the result backend, without password; null when results are not kept. */
  get backendAddress(): string | null {
    return this.#backend?.address ?? null;
  }

  /**
   * Threads of tasks that native code holds (a blocking system call) although they were ended: `process.exit()` would wait
   * for them, only a signal ends such a process (T9).
   */
  get stuckThreads(): number {
    return this.#pool?.snapshot().stuckThreads ?? 0;
  }

  /**
   * Stops consuming, hands back what no member has started, and lets running tasks end. A second call can only shorten
   * the wait. Never rejects.
   */
  close(options: WorkerCloseOptions = {}): Promise<void> {
    const { timeoutMs = null } = options;
    const hurry = (): void => {
      this.#hurry();
    };
    if (timeoutMs !== null) systemClock.after(timeoutMs, hurry, { keepsAlive: false });
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #open(host: HostModule): Promise<void> {
    const { settings } = this;
    const opening = [this.#openTransport(), this.#openBackend(), this.#openPool(host)] as const;
    // All have ended before one that failed is reported: `close` then finds everything that was opened.
    await Promise.allSettled(opening);
    const [transport, backend, { pool, plans }] = await Promise.all(opening);
    this.taskNames = [...plans.keys()];
    this.#settler = new Settler({
      publish: async (messages) => {
        await Promise.all(messages.map((message) => this.#outlet.publish(message)));
      },
      settle: async (batch) => {
        if (this.#consumer === null) throw new TimeoutError('there is no consumer yet');
        return (await this.#consumer).settle(batch);
      },
      backend,
      clock: systemClock,
      random: systemRandom,
      logger: this.#logger,
    });
    const intake = new Intake({
      pool,
      settler: this.#settler,
      plans,
      settings,
      log: this.#log,
      storeState: (result) => {
        backend?.store([result]).catch((error: unknown) => {
          this.#logger.warn({ err: error, taskId: result.taskId }, 'the state STARTED could not be stored');
        });
      },
      hostname: this.hostname,
      clock: systemClock,
    });
    this.#intake = intake;
    await this.#consume(transport, intake);
    // The consumer may have been lost for good by now: then `ended` tells why.
    if (!this.#machine.is('starting')) return this.ended;
    this.#machine.to('ready');
  }

  async #openTransport(): Promise<Transport> {
    const transport = await this.#connections.newTransport();
    this.#transport = transport;
    await transport.declare(this.queues.map((name) => ({ name, durable: true })));
    return transport;
  }

  async #openBackend(): Promise<Backend | null> {
    this.#backend = this.#connections.hasBackend ? await this.#connections.backend() : null;
    return this.#backend;
  }

  async #openPool(host: HostModule): Promise<TaskPool> {
    const calls = new MemberCalls(this.#outlet, this.#log);
    const opened = await openTaskPool({
      host,
      settings: this.settings,
      hostname: this.hostname,
      size: this.concurrency,
      logger: this.#logger,
      onCall: (call) => {
        calls.serve(call);
      },
      onRoom: () => this.#intake?.feed(),
    });
    this.#pool = opened.pool;
    return opened;
  }

  async #consume(transport: Transport, intake: Intake): Promise<void> {
    const { settings, queues, concurrency } = this;
    this.#consumer = transport.consume({
      queues,
      prefetchCount: settings.workerPrefetchMultiplier * concurrency,
      onDeliveries: (batch) => {
        intake.receive(batch);
      },
      onLost: (error, recovering) => {
        this.#logger.error({ err: error, recovering }, `consuming was interrupted: ${error.message}`);
        intake.dropUnstarted();
        if (!recovering) this.#fail(error);
      },
    });
    await this.#consumer;
  }

  #fail(error: Error): void {
    this.#end.reject(error);
    void this.close({ timeoutMs: 0 });
  }

  async #close(): Promise<void> {
    this.#machine.to('closing');
    const hurried = new Promise<void>((resolve) => {
      this.#hurry = resolve;
    });
    const consumer = await this.#consumer?.catch(() => null);
    const cancelled = consumer?.cancel();
    // At once: while the broker answers, members would begin what stands in their lanes.
    this.#intake?.handBackUnstarted();
    await this.#step('stopping to consume', cancelled);
    // What has run to its end is not waited for here: settling it may wait for a store, and that has a bound below.
    if (this.#intake !== null) await Promise.race([this.#intake.drained(), hurried]);
    // Ends what still runs: its requests are judged and handed back.
    await this.#step('stopping the pool', this.#pool?.close(0), POOL_TIMEOUT_MS);
    await this.#step('settling', this.#settler?.idle());
    this.#settler?.close();
    await this.#step('closing the consumer', consumer?.close());
    await this.#step('closing the transport', this.#transport?.close(STEP_TIMEOUT_MS));
    this.#outlet.close();
    await this.#step('closing the connections', this.#connections.close(STEP_TIMEOUT_MS));
    this.#machine.to('closed');
    this.#end.resolve();
  }

  /** One bounded step of closing: what fails or hangs is said and does not stop the next one (B3). */
  async #step(what: string, work: Promise<unknown> | undefined, timeoutMs = STEP_TIMEOUT_MS): Promise<void> {
    if (work === undefined) return;
    try {
      await withDeadline(systemClock, work, timeoutMs, what);
    } catch (error) {
      this.#logger.warn({ err: error }, `${what} failed`);
    }
  }
}
