/**
 * `celeriac worker`: one worker node in this process, from banner to exit code. It is the only place that installs
 * signal handlers; the worker itself is the one of `celeriac/worker`.
 */
import { availableParallelism } from 'node:os';
import type { Celeriac } from '../../core/app/celeriac.js';
import type { SettingsInput } from '../../core/settings/table.js';
import { signals } from '../../core/task/signal-table.js';
import { threadRuntime } from '../../core/task/thread-runtime.js';
import { loadHostModule } from '../../core/worker/host-module.js';
import { Worker } from '../../core/worker/worker.js';
import { parseHttpAddress } from '../../monitor/http/http-address.js';
import { ProbeServer } from '../../monitor/http/probe-server.js';
import { applyGlobalOptions, locateApp, type AppModule, type GlobalOptions } from '../app-source.js';
import { formatBanner } from '../banner.js';
import { daemonOf, nameOf, type Daemon } from '../daemon.js';
import { detach, isDetached } from '../detach.js';
import { ExitCode } from '../exit-code.js';
import { setUpLogging } from '../logging-signals.js';
import { writePidFile } from '../pid-file.js';
import { takeRights } from '../process-rights.js';
import { startSuccessor } from '../restart.js';
import { onStopSignals } from '../stop-signals.js';
import { ChargedNode } from '../supervisor/charged-node.js';
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
  const folder = process.cwd();
  const node = ChargedNode.take();
  applyGlobalOptions(globals);
  refuseMissing(flags);
  const runtime = threadRuntime();
  runtime.overrides = { ...runtime.overrides, ...settingsOfFlags(flags, words) };
  runtime.role = 'host';
  const module = locateApp(globals);
  const logger = new WorkerLogger({ level: flags.loglevel, color: hasColor(globals.color) });
  const session = new WorkerSession({
    succeed: () => (node === null ? `restarted as process ${String(startSuccessor())}.` : node.again()),
    isNamed: node !== null,
  });
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
  const daemon = daemonOf(flags, app.conf, { index: node?.index ?? 0 });
  if (node === null && app.conf.workerProcesses > 1) {
    release();
    const { workerProcesses: processes, workerLogFormat: logFormat } = app.conf;
    const { superviseNodes } = await import('../supervisor/launch.js');
    return superviseNodes({ flags, globals, daemon, processes, folder, logFormat });
  }
  node?.onOrphaned(() => {
    session.stop('warm', 'SIGTERM');
  });
  if (node === null && flags.detach === true && !isDetached()) {
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
    const options = logOptions(daemon, app, node === null ? null : nameOf(flags, node.index));
    setUpLogging({ logger, level: flags.loglevel, colorize: hasColor(globals.color), options });
    signals.userPreloadOptions.send('worker', { app, options: globals });
    return await work({ app, module, flags, globals, logger, session, node });
  } finally {
    release();
    node?.close();
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
  /** Where a supervisor has started this process. */
  readonly node: ChargedNode | null;
}

async function work({ app, module, flags, globals, logger, session, node }: Work): Promise<ExitCode> {
  const idle = idleNotice(flags, app.conf, threadRuntime().overrides);
  if (idle !== null && (node?.index ?? 1) === 1) complain(idle);
  const http = threadRuntime().overrides.workerHttp ?? app.conf.workerHttp;
  if (typeof http === 'string') parseHttpAddress(http, node?.charge.processes);
  node?.loaded(app.conf);
  const guard = node?.guard(logger) ?? null;
  const worker = await Worker.start({
    ...startOptions(flags, app, node),
    ...(guard === null ? {} : { guard }),
    module: module.url,
    attribute: module.attribute,
    logger,
  });
  session.started(worker);
  const { loglevel } = flags;
  const hasTasks = loglevel === 'info' || loglevel === 'debug';
  if (node === null && globals.quiet !== true) note(formatBanner(worker, { color: hasColor(globals.color), hasTasks }));
  const probes = await openProbes(worker, node);
  try {
    if (node === null) note(`${worker.hostname} ready.`);
    else node.ready(worker, hasTasks);
    return await session.ended(worker);
  } finally {
    await probes?.close();
  }
}

/** The address was read before the start, so only a port that is taken can fail here: then the worker ends with it. */
async function openProbes(worker: Worker, node: ChargedNode | null): Promise<ProbeServer | null> {
  const { workerHttp } = worker.settings;
  if (workerHttp === null) return null;
  try {
    const { host, port } = parseHttpAddress(workerHttp);
    // One port for each node, the first has the one that is named.
    const own = node === null || port === 0 ? port : port + node.index - 1;
    const probes = await ProbeServer.open(worker, { host, port: own });
    note(`${node === null ? '' : `${worker.hostname}: `}metrics and probes at ${probes.url}`);
    return probes;
  } catch (error) {
    await worker.close();
    await worker.app.close();
    throw error;
  }
}

type StartOptions = Omit<Parameters<typeof Worker.start>[0], 'module'>;

function startOptions(flags: WorkerFlags, app: Celeriac, node: ChargedNode | null): StartOptions {
  const { queues, excludeQueues, purge, watch, include } = flags;
  const settings: SettingsInput = {
    // Added to those of the app: `-I` says what is loaded, too (CLI-36).
    ...(include === undefined ? {} : { include: [...new Set([...app.conf.include, ...include])] }),
    ...(node === null ? {} : nodeSettings(node, app, nameOf(flags, node.index))),
  };
  return {
    ...(queues === undefined ? {} : { queues }),
    ...(excludeQueues === undefined ? {} : { excludeQueues }),
    hostname: nameOf(flags, node?.index),
    // The first start of one node among several is enough: a later one would remove what was sent meanwhile.
    ...(purge === undefined ? {} : { purge: node === null ? purge : node.charge.purges }),
    ...(watch === undefined ? {} : { watch }),
    settings,
  };
}

/** What nodes on one machine must not all have. */
function nodeSettings(node: ChargedNode, { conf }: Celeriac, name: string): SettingsInput {
  const { workerConcurrency, workerStateDb } = conf;
  const share = Math.max(1, Math.floor(availableParallelism() / node.charge.processes));
  return {
    ...(workerConcurrency === null ? { workerConcurrency: share } : {}),
    ...(workerStateDb === null ? {} : { workerStateDb: node.ownFile(workerStateDb, name) }),
  };
}

function logOptions(
  { logfile }: Daemon,
  { conf }: Celeriac,
  node: string | null,
): Parameters<WorkerLogger['configure']>[0] {
  return {
    file: logfile,
    node,
    format: conf.workerLogFormat,
    taskFormat: conf.workerTaskLogFormat,
    ...(conf.workerLogColor === null ? {} : { color: conf.workerLogColor }),
  };
}
