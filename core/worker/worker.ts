/**
 * One worker node: consumes queues, runs tasks in the members of a pool, settles. The same class serves the command line
 * and another server that embeds it; it installs no signal handler and never ends the process. Host thread. Its parts are
 * opened by `assembly.ts` and closed by `shutdown.ts`; what it does with single messages is theirs.
 */
import { systemClock } from '../kernel/clock.js';
import { ConfigError } from '../kernel/errors.js';
import { parseRateLimit } from '../kernel/rate-limit.js';
import { systemRandom } from '../kernel/random.js';
import { StateMachine } from '../kernel/state-machine.js';
import type { Celeriac } from '../app/celeriac.js';
import { Connections } from '../app/connections.js';
import { DirectOutlet } from '../app/direct-outlet.js';
import type { QueueTable } from '../app/queue-table.js';
import type { LeveledLogger } from '../ports/logger.js';
import type { Settings } from '../settings/table.js';
import { signals } from '../task/signal-table.js';
import { isBuiltinTask } from '../task/builtin-tasks.js';
import { threadRuntime } from '../task/thread-runtime.js';
import { MetricRegistry } from '../metrics/metric-registry.js';
import { Assembly } from './assembly.js';
import type { AutoscaleRange } from './autoscaler.js';
import { ControlNode } from './control-node.js';
import { announceBoot, selectQueues, settleSettings, warnOfRoot } from './boot.js';
import { healthOf, type Health } from './metrics/health.js';
import { LoopDelay } from './metrics/loop-delay.js';
import { describeWorker } from './metrics/worker-metrics.js';
import { loadHostModule, type HostModule } from './host-module.js';
import { Inspection, type TaskInfo, type WorkerStats } from './inspection.js';
import type { PoolSize } from './pool-size.js';
import { Reloading } from './reloading.js';
import type { RequestInfo, ScheduledInfo } from './request-info.js';
import type { StampedHeaders } from './revoked-tasks.js';
import { Shutdown } from './shutdown.js';
import { changedLimits, type LimitChange } from './task-limits.js';
import { loadState, saveState } from './state-file.js';
import { workerTransitions, type WorkerState } from './worker-state.js';
import { autoscaleRangeOf, concurrencyOf, resolveWorkerOptions, type WorkerOptions } from './worker-options.js';

export interface WorkerCloseOptions {
  /** Longest time for running tasks to end, ms; what is not finished then goes back to its queue. @defaultValue null, no end */
  readonly timeoutMs?: number | null;
}

export interface RevokeOptions {
  /** End it where it runs, too (WORK-61). @defaultValue false */
  readonly terminate?: boolean;
  /** Told to monitors; a thread takes no signals and is ended by any. @defaultValue 'SIGTERM' */
  readonly signal?: string;
}

export interface StopOptions {
  /** What asked for it, for the signal `workerShuttingDown`. */
  readonly signal: string;
  /** With which the process is going to end. */
  readonly exitCode: number;
}

export class Worker {
  readonly app: Celeriac;
  readonly hostname: string;
  /** Rejects when the worker ended on its own, resolves when it was closed. */
  readonly ended: Promise<void>;
  /** What it shows to whoever collects: `prometheusText(worker.metrics)`. Complete when `start` has resolved. */
  readonly metrics = new MetricRegistry();
  readonly #loopDelay = new LoopDelay();
  readonly #logger: LeveledLogger;
  readonly #machine = new StateMachine(workerTransitions, 'starting', { subject: 'worker' });
  readonly #startedMonoMs = systemClock.nowMonoMs();
  #setup: Setup | null = null;
  #reloading: Reloading | null = null;
  #closing: Promise<void> | null = null;
  #isSoft = false;
  #end: { resolve: () => void; reject: (error: Error) => void } = { resolve: () => undefined, reject: () => undefined };

  /**
   * Starts a worker; resolves when every member is READY and every queue is consumed.
   * @throws ConfigError, TransportError, BackendError or PoolError; nothing is left open then.
   */
  static async start(options: WorkerOptions): Promise<Worker> {
    const { module, attribute, hostname, logger } = resolveWorkerOptions(options);
    threadRuntime().role = 'host';
    const host = await loadHostModule(module, { attribute, app: options.app ?? null });
    const worker = new Worker(host.app, { hostname, logger });
    try {
      await worker.#open(host, options);
    } catch (error) {
      await worker.close({ timeoutMs: 0 });
      throw error;
    }
    return worker;
  }

  private constructor(app: Celeriac, options: { readonly hostname: string; readonly logger: LeveledLogger }) {
    this.app = app;
    this.hostname = options.hostname;
    this.#logger = options.logger;
    this.ended = new Promise((resolve, reject) => {
      this.#end = { resolve, reject };
    });
    // Whoever does not look at `ended` must not die of it.
    this.ended.catch(() => undefined);
  }

  get state(): WorkerState {
    return this.#machine.state;
  }

  /** Complete; before `celerydInit` was sent those of the app. */
  get settings(): Settings {
    return this.#setup?.settings ?? this.app.conf;
  }

  get concurrency(): number {
    return this.#setup?.parts.size?.size ?? concurrencyOf(this.settings);
  }

  /** Bounds of its size as it was started; null when nothing scales it (WORK-96). */
  get autoscaleRange(): AutoscaleRange | null {
    return autoscaleRangeOf(this.settings);
  }

  /** Kind of its pool: `threads`, `processes`, `solo`, `gevent`, …; the pool's own word where the user brings one along. */
  get poolKind(): string {
    return this.#setup?.parts.pool?.capabilities.kind ?? '';
  }

  /** Names of the queues that it consumes. */
  get queues(): readonly string[] {
    return this.#setup?.queues.consumed.map(({ queue }) => queue.name) ?? [];
  }

  /** Names of the application's tasks that it knows, sorted; complete when `start` has resolved. */
  get taskNames(): readonly string[] {
    return [...(this.#setup?.parts.plans.keys() ?? [])].filter((name) => !isBuiltinTask(name));
  }

  /** Absolute address of the broker, without password. */
  get brokerAddress(): string {
    return this.#setup?.parts.transport?.address ?? this.settings.brokerUrl;
  }

  /** Absolute address of the result backend, without password; null when results are not kept. */
  get backendAddress(): string | null {
    return this.#setup?.parts.backend?.address ?? null;
  }

  /**
   * Threads of tasks that native code holds (a blocking system call) although they were ended: `process.exit()` would wait
   * for them, only a signal ends such a process (T9).
   */
  get stuckThreads(): number {
    return this.#setup?.parts.pool?.snapshot().stuckThreads ?? 0;
  }

  /** A cold stop gives running tasks their last time (WORK-73). */
  get isStoppingSoftly(): boolean {
    return this.#isSoft && this.#machine.is('closing');
  }

  /**
   * Discards these tasks when they come, and those in hand that no member has started: REVOKED (WORK-60). With `terminate`
   * one that runs is ended with its member, checked against what the member runs at that moment (WORK-61).
   */
  revoke(ids: string | readonly string[], options: RevokeOptions = {}): void {
    const revoked = new Set(typeof ids === 'string' ? [ids] : ids);
    for (const id of revoked) this.#parts.revoked.add(id);
    this.#parts.intake?.revoke(({ message }) => revoked.has(message.id), signalOf(options));
  }

  /** As `revoke`, of tasks that carry any of these stamps (WORK-62). */
  revokeByStampedHeaders(headers: StampedHeaders, options: RevokeOptions = {}): void {
    const { revoked, intake } = this.#parts;
    revoked.addStamps(headers);
    intake?.revoke(({ message }) => revoked.has(message), signalOf(options));
  }

  /**
   * Changes the rate limit of a task on this worker: `10`, `'10/m'`; 0, '' and null lift it (WORK-33).
   * @throws ConfigError for a task that it does not know and a limit that makes no sense.
   */
  rateLimit(taskName: string, limit: string | number | null): void {
    const { plans, intake } = this.#parts;
    if (!plans.has(taskName)) throw new ConfigError(`this worker does not know the task "${taskName}"`);
    if (this.settings.workerDisableRateLimits) throw new ConfigError('rate limits are off: workerDisableRateLimits');
    intake?.admission.setRateLimit(taskName, parseRateLimit(limit));
  }

  /**
   * Changes the time limits of a task on this worker, in seconds, for runs that start later; what is absent, null or 0
   * falls back to the settings (WORK-44). A message's own limits count before them.
   * @throws ConfigError for a task that it does not know and limits that make no sense.
   */
  timeLimit(taskName: string, change: LimitChange): void {
    const plan = this.#parts.plans.get(taskName);
    if (plan === undefined) throw new ConfigError(`this worker does not know the task "${taskName}"`);
    plan.limits = changedLimits(change, this.settings);
  }

  /**
   * Replaces the members, each after its last task, by ones that load the app module anew (WORK-58). Settings and whatever
   * else runs on the host stay as they are.
   * @throws PoolError, ConfigError when the module cannot be loaded: the old members stay then.
   */
  reload(): Promise<void> {
    return this.#parts.reload();
  }

  /**
   * Adds members (WORK-99); the prefetch window grows with them.
   * @throws ConfigError under an autoscaler, whose range is to be changed then, and for a size that no pool can have.
   */
  poolGrow(count = 1): void {
    this.#poolSize.grow(count);
  }

  /** Takes members away, each after its last task (WORK-99). @throws ConfigError as `poolGrow` */
  poolShrink(count = 1): void {
    this.#poolSize.shrink(count);
  }

  /** Other bounds of the autoscaler, at once (WORK-97). @throws ConfigError when it is off, or they make no sense */
  autoscale(range: Partial<AutoscaleRange>): AutoscaleRange {
    return this.#poolSize.autoscale(range);
  }

  /** Consumes a further queue (WORK-29), or before the start selects it. @throws TransportError */
  async addConsumer(queue: string): Promise<void> {
    const { queues, parts } = this.#use();
    if (parts.consumers !== null) return parts.consumers.add(queue);
    queues.select([...queues.consumed.map((placed) => placed.queue.alias), queue]);
  }

  /** Takes nothing further from a queue; what was taken is still run. @throws TransportError */
  async cancelConsumer(queue: string): Promise<void> {
    const { queues, parts } = this.#use();
    if (parts.consumers !== null) return parts.consumers.cancel(queue);
    queues.deselect([queue]);
  }

  /** Tasks that members run now. */
  active(): readonly RequestInfo[] {
    return this.#use().inspection.active();
  }

  /** Tasks that were taken and wait for a member. */
  reserved(): readonly RequestInfo[] {
    return this.#use().inspection.reserved();
  }

  /** Tasks that are held until their ETA. */
  scheduled(): readonly ScheduledInfo[] {
    return this.#use().inspection.scheduled();
  }

  /** Revoked ids, oldest first. */
  revoked(): readonly string[] {
    return this.#parts.revoked.ids();
  }

  registered(): readonly TaskInfo[] {
    return this.#use().inspection.registered();
  }

  /** Whether it is alive, and fit to be given work. */
  async health(): Promise<Health> {
    const { parts } = this.#use();
    return healthOf({ state: this.state, parts, startedMonoMs: this.#startedMonoMs, clock: systemClock });
  }

  /**
   * Measures how late this thread's event loop is, for `metrics`: off until somebody collects, since it takes a timer of
   * 20 ms. Ends with the worker.
   */
  measureLoopDelay(): void {
    this.#loopDelay.start();
  }

  stats(): WorkerStats {
    return this.#use().inspection.stats(systemClock.nowMonoMs() - this.#startedMonoMs);
  }

  /**
   * Stops consuming, hands back what no member has started, and lets running tasks end. A second call can only shorten
   * the wait. Never rejects.
   */
  close(options: WorkerCloseOptions = {}): Promise<void> {
    const { timeoutMs = null } = options;
    this.#closing ??= this.#close();
    if (timeoutMs !== null) this.#setup?.shutdown.within(timeoutMs);
    return this.#closing;
  }

  /**
   * The stages of the command line: warm is `close()`; cold gives running tasks `workerSoftShutdownTimeout` seconds
   * (WORK-70 to 73). Sends `workerShuttingDown`.
   */
  stop(how: 'warm' | 'cold', { signal, exitCode }: StopOptions): Promise<void> {
    if (signals.workerShuttingDown.hasListeners) {
      const word = how === 'warm' ? 'Warm' : 'Cold';
      signals.workerShuttingDown.send(this.hostname, { sig: signal, how: word, exitcode: exitCode });
    }
    if (how === 'warm') return this.close();
    const { workerSoftShutdownTimeout, workerEnableSoftShutdownOnIdle } = this.settings;
    const timeoutMs = workerSoftShutdownTimeout * 1_000;
    this.#isSoft = timeoutMs > 0;
    this.#setup?.parts.intake?.forgetTimeLimits();
    if (workerEnableSoftShutdownOnIdle) this.#setup?.shutdown.waitAtLeast(timeoutMs);
    return this.close({ timeoutMs });
  }

  /** Has the journal of a supervised worker say what runs now; to be called about once a second (W8). */
  noteRunning(): void {
    this.#setup?.parts.noteRunning();
  }

  /** Ends what runs now: it goes back to its queue; what was acknowledged early has failed (WORK-74, WORK-75). */
  cancelActive(): void {
    this.#setup?.parts.intake?.cancelRunning();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  get #poolSize(): PoolSize {
    const { size } = this.#parts;
    if (size === null) throw new ConfigError('the worker has not started');
    return size;
  }

  get #parts(): Assembly {
    return this.#use().parts;
  }

  #use(): Setup {
    if (this.#setup === null) throw new ConfigError('the worker has not been set up yet');
    return this.#setup;
  }

  async #open(host: HostModule, options: WorkerOptions): Promise<void> {
    const { app, hostname } = this;
    const settings = await settleSettings(app, { options, hostname, instance: this });
    const setup = this.#setUp(settings, options);
    this.#setup = setup;
    await announceBoot(app, this);
    if (settings.workerStateDb !== null) await this.#loadState(settings.workerStateDb);
    await setup.parts.open(host);
    // Not before: a start that fails has one line to say.
    warnOfRoot(this.#logger);
    if (settings.workerEnableRemoteControl) await this.#openControl(setup);
    if (options.watch === true) await this.#watchModule(host);
    // The consumer may have been lost for good by now: then `ended` tells why.
    if (!this.#machine.is('starting')) return this.ended;
    this.#machine.to('ready');
    if (signals.workerReady.hasListeners) signals.workerReady.send(this, {});
  }

  #setUp(settings: Settings, options: WorkerOptions): Setup {
    const { hostname } = this;
    const logger = this.#logger;
    const queues = selectQueues(settings, options, hostname);
    const common = { settings, clock: systemClock, random: systemRandom };
    // Its own, by its own settings: closed with it, while the app's serve whoever embeds it.
    const connections = new Connections({ ...common, definedIn: this.app.definedIn });
    const outlet = new DirectOutlet({ ...common, connections, queues });
    const parts = new Assembly({
      settings,
      hostname,
      concurrency: concurrencyOf(settings),
      queues,
      connections,
      outlet,
      logger,
      sender: this,
      guard: options.guard ?? null,
      purges: options.purge ?? false,
      onDead: (error) => {
        this.#fail(error);
      },
    });
    describeWorker(this.metrics, {
      parts,
      tallies: parts.tallies,
      vitals: parts.vitals,
      loopDelay: this.#loopDelay,
      clock: systemClock,
    });
    const shutdown = new Shutdown({ parts, outlet, connections, logger, clock: systemClock });
    return { settings, queues, parts, outlet, shutdown, inspection: new Inspection(parts, { hostname, settings }) };
  }

  async #watchModule(host: HostModule): Promise<void> {
    this.#reloading = new Reloading({
      host,
      clock: systemClock,
      logger: this.#logger,
      reload: async () => {
        await this.reload();
        return this.taskNames;
      },
    });
    await this.#reloading.start();
  }

  async #openControl({ settings, parts, outlet }: Setup): Promise<void> {
    if (parts.transport === null) return;
    parts.control = await ControlNode.open({
      worker: this,
      hostname: this.hostname,
      transport: parts.transport,
      outlet,
      settings,
      logicalClock: this.app.clock,
      logger: this.#logger,
    });
  }

  #fail(error: Error): void {
    this.#end.reject(error);
    void this.close({ timeoutMs: 0 });
  }

  async #close(): Promise<void> {
    const wasReady = this.#machine.is('ready');
    this.#machine.to('closing');
    this.#reloading?.close();
    this.#loopDelay.stop();
    await this.#setup?.shutdown.run();
    if (wasReady && this.settings.workerStateDb !== null) await this.#saveState(this.settings.workerStateDb);
    if (signals.workerShutdown.hasListeners) await signals.workerShutdown.sendAsync(this, {});
    this.#machine.to('closed');
    this.#end.resolve();
  }

  async #loadState(path: string): Promise<void> {
    const { revoked, complaint } = await loadState(path);
    if (complaint !== null) this.#logger.error({ path }, complaint);
    this.#parts.revoked.merge(revoked);
  }

  async #saveState(path: string): Promise<void> {
    try {
      await saveState(path, this.#parts.revoked.record());
    } catch (error) {
      this.#logger.error({ err: error, path }, `the state of the worker could not be saved to ${path}`);
    }
  }
}

/** What follows from the settings. */
interface Setup {
  readonly settings: Settings;
  readonly queues: QueueTable;
  readonly parts: Assembly;
  readonly outlet: DirectOutlet;
  readonly shutdown: Shutdown;
  readonly inspection: Inspection;
}

function signalOf({ terminate = false, signal = 'SIGTERM' }: RevokeOptions): string | null {
  return terminate ? signal : null;
}
