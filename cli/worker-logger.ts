/**
 * The worker's log, on stderr or in a file: one JSON object a line, readable lines on a terminal, or lines by a template.
 * Writing is synchronous, so that nothing is lost when the process ends and lines keep their order with the banner. pino is
 * loaded by the first line that is written: most workers start without one, and its 26 files are a part of the start that
 * nobody waits for then.
 */
import { openSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import type * as Pino from 'pino';
import type PinoPretty from 'pino-pretty';
import type { LeveledLogger, LogLevel } from '../core/ports/logger.js';
import { formatLine } from './log-template.js';
import type { LogLevelName } from './option-values.js';

export interface WorkerLogOptions {
  /** Lowest level that is written. */
  readonly level: LogLevelName;
  readonly color: boolean;
  /** Path of the file; null is stderr. @defaultValue null */
  readonly file?: string | null;
  /** `json`, `pretty` or a template; null is pretty at a terminal and JSON elsewhere. @defaultValue null */
  readonly format?: string | null;
  /** Name of the node, where several write to one place; null leaves it out. @defaultValue null */
  readonly node?: string | null;
  /** Template of the lines of a task; null is `format`. @defaultValue null */
  readonly taskFormat?: string | null;
}

const STDERR = 2;
const SEVERITY: Readonly<Record<LogLevelName, number>> = { debug: 0, info: 1, warn: 2, error: 3, fatal: 4 };
const CELERY_NAMES: Readonly<Record<LogLevelName, string>> = {
  debug: 'DEBUG',
  info: 'INFO',
  warn: 'WARNING',
  error: 'ERROR',
  fatal: 'CRITICAL',
};

type Write = (level: LogLevelName, fields: object, message: string) => void;

export class WorkerLogger implements LeveledLogger {
  #options: WorkerLogOptions;
  #output: Write | null = null;

  constructor(options: WorkerLogOptions) {
    this.#options = options;
  }

  /** What the settings of the app say; lines so far went by the options of the constructor. */
  configure(options: Partial<WorkerLogOptions>): void {
    this.#options = { ...this.#options, ...options };
    this.#output = null;
  }

  /** From here on every line goes to another logger, by its own levels where it has them. */
  handOver(other: LeveledLogger): void {
    this.#output = (level, fields, message) => {
      other[level === 'fatal' ? 'error' : level](fields, message);
    };
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
    this.#output ??= openOutput(this.#options);
    this.#output(level, fields, message);
  }
}

function openOutput(options: WorkerLogOptions): Write {
  const { file = null, format = null, taskFormat = null, node = null } = options;
  const fd = file === null ? STDERR : openSync(file, 'a');
  const own = isTemplate(format) || isTemplate(taskFormat);
  const plain = isTemplate(format) ? null : openPino(options, fd);
  if (!own) return (level, fields, message) => plain?.[level](fields, message);
  return (level, fields, message) => {
    const template = 'taskId' in fields ? (taskFormat ?? format) : format;
    if (!isTemplate(template)) return plain?.[level](fields, message);
    const line = {
      epochMs: Date.now(),
      level: CELERY_NAMES[level],
      message,
      ...(node === null ? {} : { processName: node }),
      fields: fields as Record<string, unknown>,
    };
    writeSync(fd, `${formatLine(template, line)}\n`);
  };
}

function isTemplate(format: string | null): format is string {
  return format !== null && format !== 'json' && format !== 'pretty';
}

const loadNow = createRequire(import.meta.url);

function openPino({ level, color, format = null, node = null }: WorkerLogOptions, fd: number): Pino.Logger {
  const { pino } = loadNow('pino') as typeof Pino;
  const options = {
    level,
    base: node === null ? { pid: process.pid } : { pid: process.pid, node },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  const isForPeople = format === 'pretty' || (format === null && fd === STDERR && process.stderr.isTTY);
  return pino(
    options,
    isForPeople ? openLines({ color, isNamed: node !== null }, fd) : pino.destination({ fd, sync: true }),
  );
}

/** Lines for people; pino-pretty costs 38 ms, so it is loaded only where it is seen. */
function openLines(
  { color, isNamed }: { readonly color: boolean; readonly isNamed: boolean },
  fd: number,
): PinoPretty.PrettyStream {
  const pretty = loadNow('pino-pretty') as typeof PinoPretty;
  return pretty({
    colorize: color,
    ignore: 'pid,taskId,taskName,node',
    translateTime: 'SYS:HH:MM:ss.l',
    destination: fd,
    sync: true,
    ...(isNamed ? { messageFormat: '{node}: {msg}' } : {}),
  });
}
