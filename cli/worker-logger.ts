/**
 * The worker's log: pino on stderr, one JSON object a line, or readable lines on a terminal. Writing is synchronous, so
 * that nothing is lost when the process ends and lines keep their order with the banner. pino is loaded by the first line
 * that is written: most workers start without one, and its 26 files are a part of the start that nobody waits for then.
 */
import { createRequire } from 'node:module';
import type * as Pino from 'pino';
import type PinoPretty from 'pino-pretty';
import type { LeveledLogger, LogLevel } from '../core/ports/logger.js';
import type { LogLevelName } from './option-values.js';

export interface WorkerLogOptions {
  /** Lowest level that is written. */
  readonly level: LogLevelName;
  readonly color: boolean;
}

const STDERR = 2;
const SEVERITY: Readonly<Record<LogLevelName, number>> = { debug: 0, info: 1, warn: 2, error: 3, fatal: 4 };

export class WorkerLogger implements LeveledLogger {
  readonly #options: WorkerLogOptions;
  #pino: Pino.Logger | null = null;

  constructor(options: WorkerLogOptions) {
    this.#options = options;
  }

  isLevelEnabled(level: LogLevel): boolean {
    return SEVERITY[level] >= SEVERITY[this.#options.level];
  }

  debug(fields: object, message: string): void {
    this.#write('debug', fields, message);
  }

  info(fields: object, message: string): void {
    this.#write('info', fields, message);
  }

  warn(fields: object, message: string): void {
    this.#write('warn', fields, message);
  }

  error(fields: object, message: string): void {
    this.#write('error', fields, message);
  }

  fatal(fields: object, message: string): void {
    this.#write('fatal', fields, message);
  }

  #write(level: LogLevelName, fields: object, message: string): void {
    if (SEVERITY[level] < SEVERITY[this.#options.level]) return;
    this.#pino ??= openPino(this.#options);
    this.#pino[level](fields, message);
  }
}

const loadNow = createRequire(import.meta.url);

function openPino({ level, color }: WorkerLogOptions): Pino.Logger {
  const { pino } = loadNow('pino') as typeof Pino;
  const options = {
    level,
    base: { pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return pino(options, process.stderr.isTTY ? openLines(color) : pino.destination({ fd: STDERR, sync: true }));
}

/** Lines for people; pino-pretty costs 38 ms, so it is loaded only where it is seen. */
function openLines(color: boolean): PinoPretty.PrettyStream {
  const pretty = loadNow('pino-pretty') as typeof PinoPretty;
  const hidden = 'pid,taskId,taskName';
  return pretty({ colorize: color, ignore: hidden, translateTime: 'SYS:HH:MM:ss.l', destination: STDERR, sync: true });
}
