/**
 * The signals about the worker's log (SIG-34..36), sent by `celeriac worker` on the host when the app is loaded. Whoever
 * connects `setupLogging` has the log to himself: our options are not applied, and a logger that a receiver returns takes
 * every line. Otherwise ours is set up, and receivers of the other two may change it.
 */
import type { LeveledLogger } from '../core/ports/logger.js';
import { signals } from '../core/task/signal-table.js';
import type { LogLevelName } from './option-values.js';
import type { WorkerLogger, WorkerLogOptions } from './worker-logger.js';

export interface LoggingSetup {
  readonly logger: WorkerLogger;
  readonly level: LogLevelName;
  readonly colorize: boolean;
  /** What the settings and options say. */
  readonly options: Partial<WorkerLogOptions>;
}

export function setUpLogging({ logger, level, colorize, options }: LoggingSetup): void {
  const { file = null, format = null, taskFormat = null } = options;
  const common = { loglevel: level, logfile: file, colorize: options.color ?? colorize };
  if (signals.setupLogging.hasListeners) {
    const receptions = signals.setupLogging.send(null, { ...common, format: format ?? 'json' });
    const own = receptions.map(([, answer]) => answer).find(isLogger);
    if (own !== undefined) logger.handOver(own);
    return;
  }
  logger.configure(options);
  signals.afterSetupLogger.send(null, { ...common, logger, format: format ?? 'json' });
  signals.afterSetupTaskLogger.send(null, { ...common, logger, format: taskFormat ?? format ?? 'json' });
}

function isLogger(answer: unknown): answer is LeveledLogger {
  const methods = ['debug', 'info', 'warn', 'error'];
  return typeof answer === 'object' && answer !== null && methods.every((name) => name in answer);
}
