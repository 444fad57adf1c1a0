/**
 * `celeriac worker`: one worker node in this process, from banner to exit code. It is the only place that installs
 * signal handlers; the worker itself is the one of `celeriac/worker`.
 */
import { threadRuntime } from '../../core/task/thread-runtime.js';
import { loadHostModule } from '../../core/worker/host-module.js';
import { Worker } from '../../core/worker/worker.js';
import { applyGlobalOptions, locateApp, type AppModule, type GlobalOptions } from '../app-source.js';
import { formatBanner } from '../banner.js';
import { ExitCode } from '../exit-code.js';
import type { LogLevelName } from '../option-values.js';
import { onStopSignals, type StopStage } from '../stop-signals.js';
import { complain, hasColor, note } from '../terminal.js';
import { endByForce } from '../forced-end.js';
import { describeError } from '../user-error.js';
import { WorkerLogger } from '../worker-logger.js';

export interface WorkerFlags {
  readonly concurrency?: number;
  readonly queues?: readonly string[];
  readonly hostname?: string;
  readonly loglevel: LogLevelName;
  readonly prefetchMultiplier?: number;
  readonly maxTasksPerChild?: number;
  /** Seconds. */
  readonly timeLimit?: number;
  /** Seconds. */
  readonly softTimeLimit?: number;
  readonly purge?: boolean;
}

/** Runs until the worker ends. @throws what `Worker.start` throws */
export async function runWorker(flags: WorkerFlags, globals: GlobalOptions): Promise<ExitCode> {
  applyGlobalOptions(globals);
  const module = locateApp(globals);
  const color = hasColor(globals.color);
  const logger = new WorkerLogger({ level: flags.loglevel, color });
  const session = new WorkerSession();
  const release = onStopSignals((stage, signal) => {
    session.stop(stage, signal);
  });
  process.on('uncaughtException', (error, origin) => {
    logger.fatal({ err: error }, `${origin} on the main thread, outside of any task: ${error.message}`);
    session.fail();
  });
  if (flags.purge === true) await purgeQueues(module, flags.queues);
  const worker = await Worker.start({
    ...startOptions(flags),
    module: module.url,
    attribute: module.attribute,
    logger,
  });
  session.started(worker);
  if (globals.quiet !== true) note(formatBanner(worker, color));
  note(`${worker.hostname} ready.`);
  const exitCode = await session.ended(worker);
  release();
  return exitCode;
}

function startOptions(flags: WorkerFlags): Omit<Parameters<typeof Worker.start>[0], 'module'> {
  const { concurrency, queues, hostname } = flags;
  return {
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(queues === undefined ? {} : { queues }),
    ...(hostname === undefined ? {} : { hostname }),
    settings: {
      workerPrefetchMultiplier: flags.prefetchMultiplier,
      workerMaxTasksPerChild: flags.maxTasksPerChild,
      taskTimeLimit: flags.timeLimit,
      taskSoftTimeLimit: flags.softTimeLimit,
    },
  };
}

/** CLI-33: nothing that waits now is run. */
async function purgeQueues({ url, attribute }: AppModule, selected: readonly string[] | undefined): Promise<void> {
  threadRuntime().role = 'host';
  const { app } = await loadHostModule(url, { attribute });
  const transport = await app.connections.transport();
  const queues = selected ?? [app.conf.taskDefaultQueue];
  await transport.declare(queues.map((name) => ({ name, durable: true })));
  for (const queue of queues) {
    const count = await transport.purge(queue);
    note(`purged ${String(count)} messages from ${queue}`);
  }
}

/** How this worker is to end: the exit code so far, and what signals do to it. */
class WorkerSession {
  #worker: Worker | null = null;
  #exitCode: ExitCode = ExitCode.OK;

  started(worker: Worker): void {
    this.#worker = worker;
  }

  stop(stage: StopStage, signal: NodeJS.Signals): void {
    if (stage !== 'warm' || signal === 'SIGINT') this.#exitCode = ExitCode.FAILURE;
    // Before the start is over nothing is under way that could be handed back.
    if (this.#worker === null) process.exit(this.#exitCode);
    if (stage === 'warm') {
      note(`${signal}: warm shutdown. Running tasks end, the others go back to their queues; once more stops at once.`);
      void this.#worker.close();
    } else if (stage === 'now') {
      void endByForce(`${signal} for the third time`);
    } else {
      note(`${signal}: cold shutdown. Unfinished tasks go back to their queues.`);
      void this.#worker.close({ timeoutMs: 0 });
    }
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
    if (worker.stuckThreads > 0) await endByForce(`${String(worker.stuckThreads)} thread(s) hang in native code`);
    return this.#exitCode;
  }
}
