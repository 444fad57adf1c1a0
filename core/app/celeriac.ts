/**
 * The app: settings, tasks, and the way to send them. One module constructs it; clients, hosts and members load that
 * module. Constructing and importing open nothing and need no broker. What it does stands in files named for it: this
 * one only joins them.
 */
import { Signature, type SignatureParts } from '../canvas/signature.js';
import { ControlClient } from '../control/control-client.js';
import { systemClock } from '../kernel/clock.js';
import { ConfigError } from '../kernel/errors.js';
import { createTaskIds } from '../kernel/ids.js';
import { LamportClock } from '../kernel/lamport-clock.js';
import { systemRandom } from '../kernel/random.js';
import { splitAppArgument } from '../loader/module-location.js';
import { ErrorPrototypes } from '../protocol/exception.js';
import type { Settings, SettingsInput } from '../settings/table.js';
import { currentTask } from '../task/current-task.js';
import type { FollowUps } from '../task/follow-ups.js';
import type { Outlet } from '../task/outlet.js';
import { TaskClass } from '../task/task-class.js';
import type { TaskContext } from '../task/task-context.js';
import type { ArgumentsSchema, ErrorClass, TaskOptions } from '../task/task-options.js';
import { TaskRegistry, type TaskDefinition } from '../task/task-registry.js';
import { threadRuntime, type RegisteredApp, type Role } from '../task/thread-runtime.js';
import { loadEagerRunner } from './adapters.js';
import { AppModules, type DiscoverOptions, type Packages } from './app-modules.js';
import { splitAppInput, type AppInput, type AppOptions } from './app-options.js';
import { AppSettings, type ConfigSourceOptions } from './app-settings.js';
import { AppTasks } from './app-tasks.js';
import { timeZoneOf, zonedInstant, type ZonedInstant } from './app-time.js';
import { isOfConnections, wireApp, type AppWiring } from './app-wiring.js';
import { AsyncResult } from './async-result.js';
import { bugReport } from './bug-report.js';
import type { ApplyOptions } from './call-options.js';
import { CallSender } from './call-sender.js';
import { callerModule } from './caller-module.js';
import { createConf, type Conf } from './conf.js';
import type { Connections } from './connections.js';
import { offerDefaultApp, runWithApp, setDefaultApp, withdrawDefaultApp } from './current-app.js';
import { GroupResult } from './group-result.js';
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

export class Celeriac implements RegisteredApp {
  readonly main: string;
  readonly definedIn: string | null;
  readonly followUps: FollowUps;
  /** The settings, to be read and assigned (APP-12). */
  readonly conf: Conf;
  /** Logical clock of this node (APP-40). */
  readonly clock = new LamportClock();
  /** Class that class tasks of this app inherit from (APP-17). */
  readonly Task = TaskClass;
  readonly #options: AppOptions;
  readonly #errors = new ErrorPrototypes();
  readonly #newId = createTaskIds(systemRandom, systemClock);
  readonly #settings: AppSettings;
  readonly #tasks: AppTasks;
  readonly #modules: AppModules;
  readonly #sender: CallSender;
  /** Made when it is first needed, and after a change of settings. */
  #wiring: AppWiring | null = null;
  #stale: AppWiring | null = null;
  #results: ResultFactory | null = null;
  #oid: string | null = null;
  #control: ControlClient | null = null;

  /** @throws ConfigError for a setting that is wrong or a near miss of a known one. */
  constructor(main: string, input: AppInput = {}) {
    this.main = main;
    this.definedIn = callerModule();
    const { options, settings } = splitAppInput(input);
    this.#options = options;
    const loader = options.loader ?? {};
    this.#settings = new AppSettings({
      initial: settings,
      definedIn: this.definedIn,
      loader,
      onChange: (names) => {
        this.#unwire(names);
      },
    });
    this.conf = createConf(this.#settings);
    this.#modules = new AppModules({ app: this, loader, definedIn: this.definedIn });
    const registry = options.tasks ?? new TaskRegistry();
    this.#tasks = new AppTasks({
      app: this,
      registry,
      autofinalize: options.autofinalize ?? true,
      taskCls: options.taskCls ?? null,
      settings: () => this.#settings.settings,
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
    if (options.configSource !== undefined) {
      this.configFromObject(options.configSource, { namespace: options.namespace ?? null });
    }
    threadRuntime().apps.push(this);
    if (options.setAsCurrent !== false) offerDefaultApp(this);
    for (const fixup of options.fixups ?? []) fixup(this);
  }

  /** Settings that celeriac does not know, kept for the application. */
  get extra(): Readonly<Record<string, unknown>> {
    return this.#settings.resolved.extra;
  }

  /** Sources and values of the settings: `onConfigure`, `onAfterConfigure`, `addDefaults` and more. */
  get settings(): AppSettings {
    return this.#settings;
  }

  /** Transport and backend of this process. @internal */
  get connections(): Connections {
    return this.wiring.connections;
  }

  /** What follows from the settings. @internal */
  get wiring(): AppWiring {
    this.#wiring ??= this.#wire();
    return this.#wiring;
  }

  /**
   * Changes settings before the app is used (APP-12).
   * @throws ConfigError when connections are open already, and as the constructor.
   */
  configure(settings: SettingsInput): void {
    if (this.#wiring?.connections.isOpen === true)
      throw new ConfigError('configure() comes too late: the app has already opened connections');
    this.#settings.change(settings);
  }

  /** Settings of an object or module, in place of earlier ones (APP-05). */
  configFromObject(source: string | object, options: ConfigSourceOptions = {}): void {
    this.#settings.configFromObject(source, options);
  }

  /** Settings of the module that a variable of the environment names (APP-06). */
  configFromEnvvar(variable: string, options: ConfigSourceOptions = {}): void {
    this.#settings.configFromEnvvar(variable, options);
  }

  /** Settings as words of a command line (APP-10). */
  configFromCmdline(words: readonly string[], namespace = 'celery'): void {
    this.#settings.configFromCmdline(words, namespace);
  }

  /** Settings below all others but celeriac's own defaults (APP-07). */
  addDefaults(defaults: SettingsInput | (() => SettingsInput)): void {
    this.#settings.addDefaults(defaults);
  }

  /** The app's settings with others above them; profiles are applied last. @internal */
  settingsWith(above: SettingsInput): Settings {
    return this.#settings.settingsWith(above);
  }

  /** Where this thread stands: client, host or member. */
  get role(): Role {
    return threadRuntime().role;
  }

  /** The way out of this thread: a member's goes through its host. @internal */
  get outlet(): Outlet {
    return threadRuntime().outlet ?? this.wiring.direct;
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
      const remoteTracebacks = this.wiring.settings.taskRemoteTracebacks;
      this.#results = new ResultFactory({
        outlet,
        control: () => this.control,
        clock: systemClock,
        errors: this.#errors,
        remoteTracebacks,
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
      newId: this.#newId,
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
    return this.#modules.discover(packages, options);
  }

  /** Modules beside the app's own: for the worker, and for programs that import them here (APP-21). */
  get modules(): AppModules {
    return this.#modules;
  }

  /** The present instant in the app's time zone (APP-29). */
  now(): ZonedInstant {
    const epochMs = this.#options.loader?.now?.().getTime() ?? systemClock.nowEpochMs();
    return zonedInstant(epochMs, this.timezone);
  }

  /** IANA name of the app's time zone. */
  get timezone(): string {
    return timeZoneOf(this.wiring.settings);
  }

  /** Id of this app in this thread: names its reply queue (APP-28). */
  get oid(): string {
    this.#oid ??= this.#newId();
    return this.#oid;
  }

  /** The context of the task around the caller; null outside of one (APP-30). */
  get currentTask(): TaskContext | null {
    return currentTask();
  }

  /** Versions, platform and settings as text, secrets hidden (APP-31). */
  bugReport(): string {
    return bugReport(this.main, this.#settings.resolved);
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
    if (this.#wiring === null) return;
    this.#wiring.direct.close();
    await this.#wiring.connections.close(options.timeoutMs ?? CLOSE_TIMEOUT_MS);
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

  #wire(): AppWiring {
    const { definedIn } = this;
    const load = (specifier: string): Promise<unknown> => loadRoutes(this.#modules, specifier);
    const settings = this.#settings.settings;
    return wireApp({ settings, definedIn, newId: this.#newId, load, before: this.#stale });
  }

  /** @throws ConfigError for settings of connections that are open. */
  #unwire(names: readonly string[]): void {
    if (this.#wiring === null) return;
    const fixed = this.#wiring.connections.isOpen ? names.find(isOfConnections) : undefined;
    if (fixed !== undefined) throw new ConfigError(`${fixed} comes too late: the app has already opened connections`);
    this.#stale = this.#wiring;
    this.#wiring = null;
  }
}

/** `taskRoutes` of another module: `module:export`, or its default export or `route`. */
async function loadRoutes(modules: AppModules, specifier: string): Promise<unknown> {
  const { module, attribute } = splitAppArgument(specifier);
  const namespace = await modules.load(module);
  return attribute === null
    ? (namespace['default'] ?? namespace['routes'] ?? namespace['route'])
    : namespace[attribute];
}
