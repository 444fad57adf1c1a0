/**
 * `celeriac worker`: one worker node in this process, from banner to exit code. It is the only place that installs
 * signal handlers; the worker itself is the one of `celeriac/worker`.
 */
import { hostname } from 'node:os';
import type { Celeriac } from '../../core/app/celeriac.js';
import { signals } from '../../core/task/signal-table.js';
import { threadRuntime } from '../../core/task/thread-runtime.js';
import { loadHostModule } from '../../core/worker/host-module.js';
import { nodeFile, nodeName } from '../../core/worker/node-name.js';
import { Worker } from '../../core/worker/worker.js';
import { parseHttpAddress } from '../../monitor/http/http-address.js';
import { ProbeServer } from '../../monitor/http/probe-server.js';
import { applyGlobalOptions, locateApp, type AppModule, type GlobalOptions } from '../app-source.js';
import { formatBanner } from '../banner.js';
import { detach, isDetached } from '../detach.js';
import { ExitCode } from '../exit-code.js';
import { setUpLogging } from '../logging-signals.js';
import { writePidFile } from '../pid-file.js';
import { takeRights } from '../process-rights.js';
import { onStopSignals } from '../stop-signals.js';
import { answer, complain, hasColor, note } from '../terminal.js';
import { idleNotice, refuseMissing, settingsOfFlags, type WorkerFlags } from '../worker-flags.js';
import { WorkerLogger } from '../worker-logger.js';
import { WorkerSession } from '../worker-session.js';

/** Runs until the worker ends. @throws what `Worker.start` throws */
export async function runWorker(
  words: readonly string[],
  flags: WorkerFlags,
  globals: GlobalOptions,
): Promise<ExitCode> {
  applyGlobalOptions(globals);
  refuseMissing(flags);
  const runtime = threadRuntime();
  runtime.overrides = { ...runtime.overrides, ...settingsOfFlags(flags, words) };
  runtime.role = 'host';
  const module = locateApp(globals);
  const logger = new WorkerLogger({ level: flags.loglevel, color: hasColor(globals.color) });
  const session = new WorkerSession();
  const release = onStopSignals(
    (stage, signal) => {
      session.stop(stage, signal);
    },
    { environment: process.env, hasTerminal: process.stdin.isTTY, isSoft: () => session.isSoft },
  );
  process.on('uncaughtException', (error, origin) => {
    logger.fatal({ err: error }, `${origin} on the main thread, outside of any task: ${error.message}`);
    session.fail();
  });
  const { app } = await loadHostModule(module.url, { attribute: module.attribute });
  const daemon = daemonOf(flags, app);
  if (flags.detach === true && !isDetached()) {
    answer(String(await detach(daemon)));
    return ExitCode.OK;
  }
  takeRights(daemon);
  const pidFile = daemon.pidfile === null ? null : writePidFile(daemon.pidfile);
  if (pidFile !== null && 'problem' in pidFile) {
    complain(pidFile.problem);
    return ExitCode.CANNOT_CREATE;
  }
  try {
    const options = logOptions(daemon, app);
    setUpLogging({ logger, level: flags.loglevel, colorize: hasColor(globals.color), options });
    signals.userPreloadOptions.send('worker', { app, options: globals });
    return await work({ app, module, flags, globals, logger, session });
  } finally {
    release();
    pidFile?.remove();
  }
}

interface Work {
  readonly app: Celeriac;
  readonly module: AppModule;
  readonly flags: WorkerFlags;
  readonly globals: GlobalOptions;
  readonly logger: WorkerLogger;
  readonly session: WorkerSession;
}

async function work({ app, module, flags, globals, logger, session }: Work): Promise<ExitCode> {
  const idle = idleNotice(flags, app.conf, threadRuntime().overrides);
  if (idle !== null) complain(idle);
  const http = threadRuntime().overrides.workerHttp ?? app.conf.workerHttp;
  if (typeof http === 'string') parseHttpAddress(http);
  const worker = await Worker.start({
    ...startOptions(flags, app),
    module: module.url,
    attribute: module.attribute,
    logger,
  });
  session.started(worker);
  if (globals.quiet !== true) {
    const { loglevel } = flags;
    note(
      formatBanner(worker, { color: hasColor(globals.color), hasTasks: loglevel === 'info' || loglevel === 'debug' }),
    );
  }
  const probes = await openProbes(worker);
  try {
    note(`${worker.hostname} ready.`);
    return await session.ended(worker);
  } finally {
    await probes?.close();
  }
}

/** The address was read before the start, so only a port that is taken can fail here: then the worker ends with it. */
async function openProbes(worker: Worker): Promise<ProbeServer | null> {
  const { workerHttp } = worker.settings;
  if (workerHttp === null) return null;
  try {
    const probes = await ProbeServer.open(worker, parseHttpAddress(workerHttp));
    note(`metrics and probes at ${probes.url}`);
    return probes;
  } catch (error) {
    await worker.close();
    await worker.app.close();
    throw error;
  }
}

function startOptions(flags: WorkerFlags, app: Celeriac): Omit<Parameters<typeof Worker.start>[0], 'module'> {
  const { queues, excludeQueues, hostname: node, purge, watch, include } = flags;
  return {
    ...(queues === undefined ? {} : { queues }),
    ...(excludeQueues === undefined ? {} : { excludeQueues }),
    ...(node === undefined ? {} : { hostname: node }),
    ...(purge === undefined ? {} : { purge }),
    ...(watch === undefined ? {} : { watch }),
    // Added to those of the app: `-I` says what is loaded, too (CLI-36).
    ...(include === undefined ? {} : { settings: { include: [...new Set([...app.conf.include, ...include])] } }),
  };
}

interface Daemon {
  readonly logfile: string | null;
  readonly pidfile: string | null;
  readonly uid: string | null;
  readonly gid: string | null;
  readonly umask: string | null;
  readonly executable: string | null;
}

/** Options of a process in the background, or the settings that stand for them (CLI-15, CONF-906). */
function daemonOf(flags: WorkerFlags, { conf }: Celeriac): Daemon {
  const node = nodeName(flags.hostname ?? 'celery@%h', hostname());
  const file = (path: string | null): string | null => (path === null ? null : nodeFile(path, node));
  return {
    logfile: file(flags.logfile ?? conf.workerLogfile),
    pidfile: file(flags.pidfile ?? conf.workerPidfile),
    uid: flags.uid ?? conf.workerUid,
    gid: flags.gid ?? conf.workerGid,
    umask: flags.umask ?? conf.workerUmask,
    executable: flags.executable ?? conf.workerExecutable,
  };
}

function logOptions({ logfile }: Daemon, { conf }: Celeriac): Parameters<WorkerLogger['configure']>[0] {
  return {
    file: logfile,
    format: conf.workerLogFormat,
    taskFormat: conf.workerTaskLogFormat,
    ...(conf.workerLogColor === null ? {} : { color: conf.workerLogColor }),
  };
}
