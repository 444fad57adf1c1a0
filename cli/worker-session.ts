/** How a worker is to end: the exit code so far, and what signals and errors do to it (WORK-70 to 78). */
import type { Worker } from '../core/worker/worker.js';
import { ExitCode } from './exit-code.js';
import { endByForce } from './forced-end.js';
import type { StopStage } from './stop-signals.js';
import { complain, note } from './terminal.js';
import { describeError } from './user-error.js';

export interface SessionOptions {
  /** Has the process that ends followed by another one; answers what to say about it. */
  readonly succeed: () => string;
  /** Several nodes write to one place: lines need a name. @defaultValue false */
  readonly isNamed?: boolean;
}

export class WorkerSession {
  readonly #options: SessionOptions;
  #worker: Worker | null = null;
  #exitCode: ExitCode = ExitCode.OK;
  #restarts = false;

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  /** Running tasks have their last time: the next signal ends them and not the process. */
  get isSoft(): boolean {
    return this.#worker?.isStoppingSoftly ?? false;
  }

  started(worker: Worker): void {
    this.#worker = worker;
  }

  stop(stage: StopStage, signal: NodeJS.Signals): void {
    const isOrderly = stage === 'restart' || (stage === 'warm' && signal !== 'SIGINT');
    if (!isOrderly) this.#exitCode = ExitCode.FAILURE;
    // Before the start is over nothing is under way that could be handed back.
    if (this.#worker === null) process.exit(this.#exitCode);
    this.#take(stage, signal, this.#worker);
  }

  /** An error that nobody caught leaves the host in a state that nobody knows: stop, and let others do the work. */
  fail(): void {
    this.#exitCode = ExitCode.FAILURE;
    if (this.#worker === null) process.exit(this.#exitCode);
    void this.#worker.close({ timeoutMs: 0 });
  }

  /** Resolves when worker and app are closed. */
  async ended(worker: Worker): Promise<ExitCode> {
    try {
      await worker.ended;
    } catch (error) {
      complain(`${worker.hostname} stops: ${describeError(error)}`);
      this.#exitCode = ExitCode.FAILURE;
    }
    await worker.close();
    await worker.app.close();
    note(`${worker.hostname} stopped.`);
    if (this.#restarts && this.#exitCode === ExitCode.OK) note(this.#options.succeed());
    if (worker.stuckThreads > 0) await endByForce(`${String(worker.stuckThreads)} thread(s) hang in native code`);
    return this.#exitCode;
  }

  #take(stage: StopStage, signal: NodeJS.Signals, worker: Worker): void {
    const told = { signal, exitCode: this.#exitCode };
    const cause = this.#options.isNamed === true ? `${worker.hostname}: ${signal}` : signal;
    switch (stage) {
      case 'restart':
        this.#restarts = true;
        note(`${cause}: restart. Running tasks end, the others go back to their queues; a new worker follows.`);
        void worker.stop('warm', told);
        return;
      case 'warm':
        note(
          `${cause}: warm shutdown. Running tasks end, the others go back to their queues; SIGINT or SIGQUIT stops them.`,
        );
        void worker.stop('warm', told);
        return;
      case 'cold':
        note(`${cause}: cold shutdown. ${lastTime(worker)}Unfinished tasks go back to their queues.`);
        void worker.stop('cold', told);
        return;
      case 'cancel':
        note(`${cause}: running tasks are ended now; once more ends the process.`);
        worker.cancelActive();
        return;
      case 'now':
        void endByForce(`${signal} after a cold shutdown`);
    }
  }
}

function lastTime({ settings }: Worker): string {
  const seconds = settings.workerSoftShutdownTimeout;
  return seconds === 0 ? '' : `Running tasks have ${String(seconds)} s. `;
}
