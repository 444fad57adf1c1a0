/**
 * A worker for the tests of task modules, without a file or a server: broker and results in memory, this process, tasks
 * on real threads or, inline, in the caller. What the test sends with the app's own tasks runs there.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { callerModule } from '../core/app/caller-module.js';
import type { Celeriac } from '../core/app/celeriac.js';
import { systemClock } from '../core/kernel/clock.js';
import { withDeadline } from '../core/kernel/deadline.js';
import { ConfigError, TimeoutError } from '../core/kernel/errors.js';
import type { LeveledLogger } from '../core/ports/logger.js';
import type { SettingsInput } from '../core/settings/table.js';
import { isBuiltinTask } from '../core/task/builtin-tasks.js';
import { signals } from '../core/task/signal-table.js';
import { Worker } from '../core/worker/worker.js';
import { DEFAULT_TIMEOUT_MS, type Outbox, type WaitLimit } from './outbox.js';
import { INLINE_SETTINGS, isolateApp, type TestOutlet } from './test-outlet.js';

export interface TestWorkerOptions {
  /** The app, as the test has imported it; unless it is a test app, nothing may have been sent through it yet. */
  readonly app: Celeriac;
  /** The module that creates it: what the members load. @defaultValue the one that has created it */
  readonly module?: URL | string;
  /** Run tasks in the caller, without threads: a call resolves when its task has ended. @defaultValue false */
  readonly inline?: boolean;
  /** @defaultValue 1 */
  readonly concurrency?: number;
  /** @defaultValue the queues of the app */
  readonly queues?: readonly string[];
  /** Stand above all others of the app, also after the worker. */
  readonly settings?: SettingsInput;
  /** Send `celery.ping` through the worker before it counts as started (TEST-04). @defaultValue true */
  readonly performPingCheck?: boolean;
  /** Longest time for the answer, ms. @defaultValue 10 000 */
  readonly pingTimeoutMs?: number;
  /** Longest time for running tasks to end when it is closed, ms. @defaultValue 10 000 */
  readonly shutdownTimeoutMs?: number;
  /** pino or anything of its shape. @defaultValue silent */
  readonly logger?: LeveledLogger;
}

const PING = 'celery.ping';
const TURNS_TO_CLOSE = 3;

export class TestWorker {
  readonly app: Celeriac;
  readonly #outlet: TestOutlet;
  readonly #shutdownTimeoutMs: number;
  readonly #received = new Set<string>();
  readonly #awaited = new Map<string, () => void>();
  #worker: Worker | null = null;
  #ignoreSignal: () => void = () => undefined;
  #closing: Promise<void> | null = null;

  /**
   * Points the app to a broker and backend in memory, of its own, and starts a worker.
   * @throws ConfigError when the app has sent something to another broker, or has a test worker already; TimeoutError
   * when the worker does not answer; as `Worker.start`. Nothing is left open then.
   */
  static async start(options: TestWorkerOptions): Promise<TestWorker> {
    const { app, inline = false } = options;
    const module = inline ? null : moduleOf(options, callerModule());
    const outlet = isolateApp(app, inline ? { ...INLINE_SETTINGS, ...options.settings } : options.settings);
    if (outlet.hasWorker) throw new ConfigError(`the app "${app.main}" has a test worker already: close it first`);
    outlet.hasWorker = true;
    const test = new TestWorker(app, { outlet, shutdownTimeoutMs: options.shutdownTimeoutMs ?? DEFAULT_TIMEOUT_MS });
    signals.testWorkerStarting.send(app, {});
    try {
      if (module === null) outlet.isInline = true;
      else await test.#open(module, options);
    } catch (error) {
      await test.#end(0);
      throw error;
    }
    signals.testWorkerStarted.send(app, { worker: test.#worker ?? test });
    return test;
  }

  private constructor(app: Celeriac, options: { readonly outlet: TestOutlet; readonly shutdownTimeoutMs: number }) {
    this.app = app;
    this.#outlet = options.outlet;
    this.#shutdownTimeoutMs = options.shutdownTimeoutMs;
  }

  /** Names of the tasks that it runs, sorted. */
  get taskNames(): readonly string[] {
    return this.#worker?.taskNames ?? [...this.app.tasks.names()].filter((name) => !isBuiltinTask(name)).sort();
  }

  /** What the app has sent from this thread. */
  get outbox(): Outbox {
    return this.#outlet.outbox;
  }

  /** The worker itself; null inline. */
  get worker(): Worker | null {
    return this.#worker;
  }

  /** Resolves when the worker has received this call, which need not have run yet (TEST-07). @throws TimeoutError */
  received(
    result: string | { readonly id: string },
    { timeoutMs = DEFAULT_TIMEOUT_MS }: WaitLimit = {},
  ): Promise<void> {
    const id = typeof result === 'string' ? result : result.id;
    if (this.#received.has(id) || this.outbox.messages.some((sent) => this.#outlet.isInline && sent.id === id)) {
      return Promise.resolve();
    }
    const received = new Promise<void>((resolve) => {
      this.#awaited.set(id, resolve);
    });
    return withDeadline(systemClock, received, timeoutMs, `waiting until task ${id} is received`).finally(() => {
      this.#awaited.delete(id);
    });
  }

  /** Lets running tasks end, and closes worker and app, which stays with its broker in memory. */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #open(module: URL | string, options: TestWorkerOptions): Promise<void> {
    const { app, concurrency = 1, queues, logger } = options;
    this.#ignoreSignal = signals.taskReceived.connect(({ request }) => {
      this.#note((request as { readonly id: string }).id);
    });
    this.#worker = await Worker.start({
      app,
      module,
      concurrency,
      ...(queues === undefined ? {} : { queues }),
      ...(logger === undefined ? {} : { logger }),
    });
    if (options.performPingCheck ?? true) await this.#ping(this.#worker, options.pingTimeoutMs ?? DEFAULT_TIMEOUT_MS);
  }

  #note(id: string): void {
    this.#received.add(id);
    this.#awaited.get(id)?.();
  }

  async #ping({ queues: [queue] }: Worker, timeoutMs: number): Promise<void> {
    if (queue === undefined) return;
    this.#outlet.isRecording = false;
    try {
      const pong = await this.app.sendTask(PING, { queue, ignoreResult: false });
      await pong.get({ timeoutMs });
      await pong.forget();
    } catch (error) {
      if (!(error instanceof TimeoutError)) throw error;
      const text = `the test worker did not answer a ping through the queue "${queue}" in ${String(timeoutMs)} ms`;
      throw new TimeoutError(text, { cause: error });
    } finally {
      this.#outlet.isRecording = true;
    }
  }

  async #close(): Promise<void> {
    await this.#end(this.#shutdownTimeoutMs);
    signals.testWorkerStopped.send(this.app, { worker: this.#worker ?? this });
  }

  async #end(timeoutMs: number): Promise<void> {
    await this.#worker?.close({ timeoutMs });
    this.#ignoreSignal();
    this.#outlet.isInline = false;
    this.#outlet.hasWorker = false;
    await this.app.close();
    // A port that was closed leaves the event loop in its second turn (Node 20), and runners count what is open.
    for (let turn = 0; turn < TURNS_TO_CLOSE && this.#worker !== null; turn++) await nextTurn();
  }
}

/** Starts a worker for a test: `await using worker = await startTestWorker({ app })`. @throws as `TestWorker.start` */
export function startTestWorker(options: TestWorkerOptions): Promise<TestWorker> {
  return TestWorker.start(options);
}

/** @throws ConfigError when members would have to load the test itself */
function moduleOf(
  { app, module = app.definedIn ?? undefined }: TestWorkerOptions,
  caller: string | null,
): URL | string {
  if (module === undefined) throw new ConfigError('it cannot be seen which module has created the app: give `module`');
  if (String(module) === caller && caller === app.definedIn) {
    throw new ConfigError(
      'the app is created where its test worker is started, and threads would load the tests again: move app and ' +
        'tasks to a module of their own, or run them with `inline: true`',
    );
  }
  return module;
}
