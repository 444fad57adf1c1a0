/**
 * The app: settings, tasks, and the way to send them. One module constructs it; clients, hosts and members load that
 * module. Constructing and importing open nothing and need no broker. What it does stands in files named for it: this
 * one only joins them.
 */
import { Signature, type SignatureParts } from '../canvas/signature.js';
import { ControlClient } from '../control/control-client.js';
import { systemClock } from '../kernel/clock.js';
import { ConfigError } from '../kernel/errors.js';
import { LamportClock } from '../kernel/lamport-clock.js';
import { ErrorPrototypes } from '../protocol/exception.js';
import { messageLimitsOf } from '../protocol/message-limits.js';
import { ResultFormat } from '../protocol/result-format.js';
import { currentTask } from '../task/current-task.js';
import type { FollowUps } from '../task/follow-ups.js';
import type { Outlet } from '../task/outlet.js';
import { TaskClass } from '../task/task-class.js';
import type { TaskContext } from '../task/task-context.js';
import type { ArgumentsSchema, ErrorClass, TaskOptions } from '../task/task-options.js';
import { TaskRegistry, type TaskDefinition } from '../task/task-registry.js';
import { threadRuntime, type RegisteredApp, type Role } from '../task/thread-runtime.js';
import { loadEagerRunner } from './adapters.js';
import type { DiscoverOptions, Packages } from './app-modules.js';
import type { AppInput } from './app-options.js';
import { AppTasks } from './app-tasks.js';
import { timeZoneOf, zonedInstant, type ZonedInstant } from './app-time.js';
import { AsyncResult } from './async-result.js';
import { bugReport } from './bug-report.js';
import type { ApplyOptions } from './call-options.js';
import { CallSender } from './call-sender.js';
import { callerModule } from './caller-module.js';
import { ConfiguredApp } from './configured-app.js';
import { offerDefaultApp, runWithApp, setDefaultApp, withdrawDefaultApp } from './current-app.js';
import { GroupResult } from './group-result.js';
import { connectLoader } from './loader-hooks.js';
import type { PlacedQueue } from './queue.js';
import type { QueueTable } from './queue-table.js';
import { ResultFactory } from './result-factory.js';
import type { ResultNode } from './result-node.js';
import { ResultSet } from './result-set.js';
import { TaskFollowUps } from './task-follow-ups.js';
import { automaticTaskName } from './task-name.js';
import type { Task, TaskCalls, TaskOfClass } from './task.js';

type PlainFunction<A extends readonly unknown[], R> = (...args: A) => R;
type BoundFunction<A extends readonly unknown[], R> = (ctx: TaskContext, ...args: A) => R;

/** Longest time that `close()` gives to what is under way, ms. */
const CLOSE_TIMEOUT_MS = 5_000;

export class Celeriac extends ConfiguredApp implements RegisteredApp {
  readonly followUps: FollowUps;
  /** Logical clock of this node (APP-40). */
  readonly clock = new LamportClock();
  /** Class that class tasks of this app inherit from (APP-17). */
  readonly Task = TaskClass;
  readonly #errors = new ErrorPrototypes();
  readonly #tasks: AppTasks;
  readonly #sender: CallSender;
  #results: ResultFactory | null = null;
  #oid: string | null = null;
  #control: ControlClient | null = null;
  #diversion: Outlet | null = null;

  /** @throws ConfigError for a setting that is wrong or a near miss of a known one. */
  constructor(main: string, input: AppInput = {}) {
    super(main, input, callerModule());
    const { options } = this;
    const registry = options.tasks ?? new TaskRegistry();
    this.#tasks = new AppTasks({
      app: this,
      registry,
      autofinalize: options.autofinalize ?? true,
      taskCls: options.taskCls ?? null,
      settings: () => this.settings.settings,
      nameOf: (name) => this.genTaskName(name),
      callsOf: (name) => this.#callsOf(name),
      registerErrors: (...classes) => {
        this.registerErrors(...classes);
      },
    });
    this.followUps = new TaskFollowUps({
      registry,
      publisher: () => this.wiring.publisher,
      inheritsPriority: () => this.wiring.settings.taskInheritParentPriority,
    });
    this.#sender = new CallSender(this, options.strictTyping ?? true);
    threadRuntime().apps.push(this);
    if (options.setAsCurrent !== false) offerDefaultApp(this);
    if (options.loader !== undefined) connectLoader(options.loader, this);
    for (const fixup of options.fixups ?? []) fixup(this);
  }

  /** Where this thread stands: client, host or member. */
  get role(): Role {
    return threadRuntime().role;
  }

  /** The way out of this thread: a member's goes through its host. @internal */
  get outlet(): Outlet {
    return threadRuntime().outlet ?? this.#diversion ?? this.wiring.direct;
  }

  /** Puts another outlet in the place of this app's own, or takes it away again: tests look at what it sends. @internal */
  divert(outlet: Outlet | null): void {
    this.#diversion = outlet;
  }

  /** Its tasks by name; finalizes the app. @throws ConfigError without `autofinalize` before `finalize()` */
  get tasks(): TaskRegistry {
    return this.#tasks.registry;
  }

  /** Life of the registry: `finalize`, `onAfterFinalize`, `onAfterFork`. */
  get lifecycle(): Pick<AppTasks, 'onAfterFinalize' | 'onAfterFork' | 'isFinalized'> {
    return this.#tasks;
  }

  /** Puts shared tasks and annotations in place (APP-14); done by itself when the registry is first used. */
  finalize(): void {
    this.#tasks.finalize();
  }

  /** Name of a task that is not given one; to be overridden (APP-18). */
  genTaskName(name: string, module: string | null = this.definedIn): string {
    return automaticTaskName(name, { main: this.main, module });
  }

  /** Registers a function as a task; without a name it gets one of module and function, which a bundler may change. */
  task<A extends readonly unknown[], R>(run: PlainFunction<A, R>): Task<A, R>;
  task<A extends readonly unknown[], R>(name: string, run: PlainFunction<A, R>): Task<A, R>;
  task<I extends readonly unknown[], A extends readonly unknown[], R>(
    name: string,
    options: TaskOptions & { readonly schema: ArgumentsSchema<I, A>; readonly bind: true },
    run: BoundFunction<A, R>,
  ): Task<I, R>;
  task<I extends readonly unknown[], A extends readonly unknown[], R>(
    name: string,
    options: TaskOptions & { readonly schema: ArgumentsSchema<I, A>; readonly bind?: false },
    run: PlainFunction<A, R>,
  ): Task<I, R>;
  task<A extends readonly unknown[], R>(
    name: string,
    options: TaskOptions & { readonly bind: true },
    run: BoundFunction<A, R>,
  ): Task<A, R>;
  task<A extends readonly unknown[], R>(
    name: string,
    options: TaskOptions & { readonly bind?: false },
    run: PlainFunction<A, R>,
  ): Task<A, R>;
  task<A extends readonly unknown[], R>(
    nameOrRun: string | PlainFunction<A, R>,
    optionsOrRun: TaskOptions | PlainFunction<A, R> = {},
    run?: PlainFunction<A, R> | BoundFunction<A, R>,
  ): Task<A, R> {
    if (typeof nameOrRun === 'function') {
      return this.#tasks.defineFunction(this.genTaskName(nameOrRun.name), {}, nameOrRun);
    }
    const [options, body] = typeof optionsOrRun === 'function' ? [{}, optionsOrRun] : [optionsOrRun, run];
    if (typeof nameOrRun !== 'string' || nameOrRun === '') {
      throw new ConfigError('app.task() needs a name, as "shop.add"');
    }
    if (typeof body !== 'function') throw new ConfigError(`task "${nameOrRun}" needs a function`);
    return this.#tasks.defineFunction(nameOrRun, options, body);
  }

  /** Registers a task class or an object of one (APP-17). */
  registerTask<T extends TaskClass>(source: T | (new () => T), name: string | null = null): TaskOfClass<T> {
    return this.#tasks.defineClass(source, name) as unknown as TaskOfClass<T>;
  }

  /** Sends a task by its name, registered here or not; `R` is what its result is taken to be (APP-22). */
  sendTask<R = unknown>(name: string, options: ApplyOptions<readonly unknown[]> = {}): Promise<AsyncResult<R>> {
    return this.#sender.sendByName(name, options) as Promise<AsyncResult<R>>;
  }

  /** A call to be made later, of a task registered here or not (APP-23). */
  signature<R = unknown>(task: string, parts: SignatureParts = {}): Signature<AsyncResult<R>> {
    const send = (name: string, call: ApplyOptions<readonly unknown[]>): Promise<AsyncResult<R>> =>
      this.#sender.send(name, call) as Promise<AsyncResult<R>>;
    return new Signature(task, parts, send);
  }

  /** Makes the handles of results; they speak through the outlet of this thread. @internal */
  get resultSource(): ResultFactory {
    const { outlet } = this;
    if (this.#results?.outlet !== outlet) {
      const { settings } = this.wiring;
      this.#results = new ResultFactory({
        outlet,
        control: () => this.control,
        clock: systemClock,
        errors: this.#errors,
        format: ResultFormat.of(settings),
        limits: messageLimitsOf(settings),
        remoteTracebacks: settings.taskRemoteTracebacks,
      });
    }
    return this.#results;
  }

  /** The result of a task known by its id. */
  asyncResult<R = unknown>(taskId: string): AsyncResult<R> {
    return new AsyncResult<R>(taskId, this.resultSource);
  }

  /** Several results as one; they need not belong together (RES-20). */
  resultSet<R = unknown>(results: Iterable<ResultNode<R>> = []): ResultSet<R> {
    return new ResultSet<R>(results, this.resultSource);
  }

  /** The results of a group whose members are known; `GroupResult.restore(id, app)` finds one that was saved (RES-24). */
  groupResult<R = unknown>(
    id: string,
    results: Iterable<ResultNode<R>>,
    parent: ResultNode | null = null,
  ): GroupResult<R> {
    return new GroupResult<R>({ id, results, parent }, this.resultSource);
  }

  /** The result of what travels as a tuple, or as a bare id (RES-30). @throws ProtocolError when it is neither */
  resultFromTuple(tuple: unknown): ResultNode {
    return this.resultSource.read(tuple);
  }

  /** Error classes as which failures of that name come back from `get()`, with message and stack, constructor not called. */
  registerErrors(...classes: readonly ErrorClass[]): void {
    for (const type of classes) this.#errors.add(type);
  }

  /** Commands and questions to the worker nodes of this app: `revoke`, `rateLimit`, `ping`, `inspect()` … */
  get control(): ControlClient {
    this.#control ??= new ControlClient({
      outlet: () => this.outlet,
      settings: () => this.wiring.settings,
      transport: this.role === 'member' ? null : () => this.connections.transport(),
      oid: this.oid,
      newId: this.newId,
      clock: systemClock,
      logicalClock: this.clock,
    });
    return this.#control;
  }

  /** The queues that the app knows (ROUTE-01). */
  get queues(): QueueTable {
    return this.wiring.queues;
  }

  /** Limits what a worker of this app consumes (ROUTE-04); what is missing is created. */
  selectQueues(names: readonly string[]): readonly PlacedQueue[] {
    this.queues.select(names);
    return this.queues.consumed;
  }

  /** Notes packages whose tasks workers shall know (APP-20). */
  autodiscoverTasks(packages: Packages, options: DiscoverOptions = {}): Promise<void> {
    return this.modules.discover(packages, options);
  }

  /** The present instant in the app's time zone (APP-29). */
  now(): ZonedInstant {
    const epochMs = this.options.loader?.now?.().getTime() ?? systemClock.nowEpochMs();
    return zonedInstant(epochMs, this.timezone);
  }

  /** IANA name of the app's time zone. */
  get timezone(): string {
    return timeZoneOf(this.wiring.settings);
  }

  /** Id of this app in this thread: names its reply queue (APP-28). */
  get oid(): string {
    this.#oid ??= this.newId();
    return this.#oid;
  }

  /** The context of the task around the caller; null outside of one (APP-30). */
  get currentTask(): TaskContext | null {
    return currentTask();
  }

  /** Versions, platform and settings as text, secrets hidden (APP-31). */
  bugReport(): string {
    return bugReport(this.main, this.settings.resolved);
  }

  /** Makes this the default app of the thread (APP-27). */
  setDefault(): void {
    setDefaultApp(this);
  }

  /** Calls `body` with this as the current app, also after its awaits (APP-01). */
  asCurrent<T>(body: () => T): T {
    return runWithApp(this, body);
  }

  /** Closes the connections of this process, which are opened again when needed; who awaits a result hears of it. */
  async close(options: { readonly timeoutMs?: number } = {}): Promise<void> {
    withdrawDefaultApp(this);
    const wiring = this.openedWiring;
    if (wiring === null) return;
    wiring.direct.close();
    await wiring.connections.close(options.timeoutMs ?? CLOSE_TIMEOUT_MS);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Runs a call in this thread (CALL-33). @internal */
  async runEagerly(
    definition: TaskDefinition,
    call: ApplyOptions<readonly unknown[]>,
  ): ReturnType<CallSender['apply']> {
    const { runEagerly } = await loadEagerRunner();
    return runEagerly(this, definition, call);
  }

  #callsOf(name: string): TaskCalls {
    return {
      send: (call) => this.#sender.send(name, call),
      apply: (call) => this.#sender.apply(name, call),
      signature: (parts) => this.signature(name, parts),
    };
  }
}
