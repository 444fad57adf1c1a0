/**
 * A real worker for the tests of task modules, without a file or a server: broker and results in memory, this process,
 * tasks on real threads. What the test sends with the app's own tasks runs there.
 */
import type { Celeriac } from '../core/app/celeriac.js';
import { Worker } from '../core/worker/worker.js';
import type { SettingsInput } from '../core/settings/table.js';
import { signals } from '../core/task/signal-table.js';

export interface TestWorkerOptions {
  /** The app, as the test has imported it; nothing may have been sent through it yet. */
  readonly app: Celeriac;
  /** The module that creates it: what the members load. */
  readonly module: URL;
  /** @defaultValue 1 */
  readonly concurrency?: number;
  /** @defaultValue the app's default queue */
  readonly queues?: readonly string[];
  readonly settings?: SettingsInput;
}

let count = 0;

export class TestWorker {
  readonly #worker: Worker;

  /** Points the app to a broker and backend in memory, of its own, and starts a worker. @throws as `Worker.start` */
  static async start(options: TestWorkerOptions): Promise<TestWorker> {
    const { app, module, concurrency = 1, queues } = options;
    const address = `memory://test-${String(++count)}`;
    app.configure({ ...options.settings, brokerUrl: address, resultBackend: address });
    signals.testWorkerStarting.send(app, {});
    const worker = await Worker.start({ app, module, concurrency, ...(queues === undefined ? {} : { queues }) });
    signals.testWorkerStarted.send(app, { worker });
    return new TestWorker(worker);
  }

  private constructor(worker: Worker) {
    this.#worker = worker;
  }

  /** Names of the tasks that it runs. */
  get taskNames(): readonly string[] {
    return this.#worker.taskNames;
  }

  /** Lets running tasks end, up to 5 s, and closes worker and app. */
  async close(): Promise<void> {
    await this.#worker.close({ timeoutMs: 5_000 });
    signals.testWorkerStopped.send(this.#worker.app, { worker: this.#worker });
    await this.#worker.app.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
