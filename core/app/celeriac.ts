/**
 * The app: settings, tasks, and the way to send them. One module constructs it; clients, hosts and members load that
 * module. Constructing and importing open nothing and need no broker.
 */
import { systemClock } from '../kernel/clock.js';
import { createTaskIds } from '../kernel/ids.js';
import { systemRandom } from '../kernel/random.js';
import { ErrorPrototypes } from '../protocol/exception.js';
import { resolveSettings } from '../settings/resolve.js';
import type { Settings, SettingsInput } from '../settings/table.js';
import type { Outlet } from '../task/outlet.js';
import { currentTask } from '../task/current-task.js';
import { NO_FOLLOW_UPS, type FollowUps } from '../task/follow-ups.js';
import type { TaskContext } from '../task/task-context.js';
import { resolveTaskOptions } from '../task/resolve-task-options.js';
import type { ErrorClass, TaskOptions } from '../task/task-options.js';
import { TaskRegistry } from '../task/task-registry.js';
import { threadRuntime, type RegisteredApp, type Role } from '../task/thread-runtime.js';
import { AsyncResult } from './async-result.js';
import type { ApplyOptions } from './call-options.js';
import { callerModule } from './caller-module.js';
import { Connections } from './connections.js';
import { DirectOutlet } from './direct-outlet.js';
import { GroupResult } from './group-result.js';
import { MessageBuilder } from './message-builder.js';
import { Publisher } from './publisher.js';
import { ResultFactory } from './result-factory.js';
import type { ResultNode } from './result-node.js';
import { ResultSet } from './result-set.js';
import { createTask, type Task } from './task.js';
import { ConfigError } from '../kernel/errors.js';

type PlainFunction<A extends readonly unknown[], R> = (...args: A) => R;
type BoundFunction<A extends readonly unknown[], R> = (ctx: TaskContext, ...args: A) => R;

/** What follows from the settings. */
interface Wiring {
  readonly conf: Settings;
  readonly extra: Readonly<Record<string, unknown>>;
  readonly connections: Connections;
  readonly direct: DirectOutlet;
  readonly publisher: Publisher;
}

const NO_ARGUMENTS: readonly unknown[] = [];
const NO_KEYWORDS: Readonly<Record<string, unknown>> = {};

/** Longest time that `close()` gives to what is under way, ms. */
const CLOSE_TIMEOUT_MS = 5_000;

export class Celeriac implements RegisteredApp {
  readonly main: string;
  readonly tasks = new TaskRegistry();
  readonly definedIn: string | null;
  readonly followUps: FollowUps = NO_FOLLOW_UPS;
  readonly #errors = new ErrorPrototypes();
  readonly #newId = createTaskIds(systemRandom, systemClock);
  readonly #layers: SettingsInput[];
  #wiring: Wiring;
  #results: ResultFactory | null = null;

  /** @throws ConfigError for a setting that is wrong or a near miss of a known one. */
  constructor(main: string, settings: SettingsInput = {}) {
    this.main = main;
    this.definedIn = callerModule();
    this.#layers = [settings];
    this.#wiring = this.#wire();
    threadRuntime().apps.push(this);
  }

  /** Settings, complete. */
  get conf(): Settings {
    return this.#wiring.conf;
  }

  /** Settings that celeriac does not know, kept for the application. */
  get extra(): Readonly<Record<string, unknown>> {
    return this.#wiring.extra;
  }

  /** Transport and backend of this process. @internal */
  get connections(): Connections {
    return this.#wiring.connections;
  }

  /**
   * Changes settings before the app is used (APP-12).
   * @throws ConfigError when connections are open already, and as the constructor.
   */
  configure(settings: SettingsInput): void {
    if (this.connections.isOpen)
      throw new ConfigError('configure() comes too late: the app has already opened connections');
    // Checked before it is kept: a refused layer must not refuse every later one.
    this.settingsWith(settings);
    this.#layers.push(settings);
    this.#wiring = this.#wire();
  }

  #wire(): Wiring {
    const { settings: conf, extra } = resolveSettings(...this.#layers, threadRuntime().overrides);
    const common = { settings: conf, clock: systemClock, random: systemRandom };
    const connections = new Connections({ ...common, definedIn: this.definedIn });
    const direct = new DirectOutlet({ ...common, connections });
    const publisher = new Publisher(new MessageBuilder(conf, systemClock), this.#newId);
    return { conf, extra, connections, direct, publisher };
  }

  /** The app's settings with others above them; profiles are applied last. @internal */
  settingsWith(above: SettingsInput): Settings {
    return resolveSettings(...this.#layers, threadRuntime().overrides, above).settings;
  }

  /** Where this thread stands: client, host or member. */
  get role(): Role {
    return threadRuntime().role;
  }

  /** The way out of this thread: a member's goes through its host. @internal */
  get outlet(): Outlet {
    return threadRuntime().outlet ?? this.#wiring.direct;
  }

  /** Registers a function as a task. Explicit names are the contract between programs, so there is no other form. */
  task<A extends readonly unknown[], R>(name: string, run: PlainFunction<A, R>): Task<A, R>;
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
    name: string,
    optionsOrRun: TaskOptions | PlainFunction<A, R>,
    run?: PlainFunction<A, R> | BoundFunction<A, R>,
  ): Task<A, R> {
    const [options, body] = typeof optionsOrRun === 'function' ? [{}, optionsOrRun] : [optionsOrRun, run];
    if (typeof name !== 'string' || name === '') throw new ConfigError('app.task() needs a name, as "shop.add"');
    if (typeof body !== 'function') throw new ConfigError(`task "${name}" needs a function`);
    const definition = { name, options: resolveTaskOptions(name, options), run: body as (...args: never[]) => unknown };
    this.tasks.register(definition);
    this.registerErrors(...definition.options.autoretryFor.filter((match) => typeof match !== 'string'));
    return createTask<A, R>(definition, (call) => this.#send(name, call));
  }

  /** Sends a task by its name, registered here or not; `R` is what its result is taken to be (APP-22). */
  sendTask<R = unknown>(name: string, options: ApplyOptions<readonly unknown[]> = {}): Promise<AsyncResult<R>> {
    return this.#send(name, options) as Promise<AsyncResult<R>>;
  }

  /** Makes the handles of results; they speak through the outlet of this thread. @internal */
  get resultSource(): ResultFactory {
    const { outlet, conf } = this;
    if (this.#results?.outlet !== outlet) {
      const remoteTracebacks = conf.taskRemoteTracebacks;
      this.#results = new ResultFactory({ outlet, clock: systemClock, errors: this.#errors, remoteTracebacks });
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

  /** Closes the connections of this process, which are opened again when needed; who awaits a result hears of it. */
  close(options: { readonly timeoutMs?: number } = {}): Promise<void> {
    this.#wiring.direct.close();
    return this.connections.close(options.timeoutMs ?? CLOSE_TIMEOUT_MS);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #send(task: string, options: ApplyOptions<readonly unknown[]>): Promise<AsyncResult> {
    const { args = NO_ARGUMENTS, kwargs = NO_KEYWORDS } = options;
    const definition = this.tasks.find(task)?.options ?? null;
    const source = this.resultSource;
    const isIgnored = options.ignoreResult ?? definition?.ignoreResult ?? this.conf.taskIgnoreResult;
    const sent = this.#wiring.publisher
      .publish({ task, args, kwargs, options, definition }, source.outlet)
      .then((id) => new AsyncResult(id, source, { name: task, isIgnored }));
    // Inside a task the trace waits for it, so that a body that does not look at the end loses nothing.
    return currentTask()?.publications?.track(sent) ?? sent;
  }
}
