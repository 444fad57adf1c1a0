/**
 * The worker's log: pino on stderr, one JSON object a line, or readable lines on a terminal. Writing is synchronous, so
 * that nothing is lost when the process ends and lines keep their order with the banner.
 */
import { pino, type Logger } from 'pino';
import type { LogLevelName } from './option-values.js';

const STDERR = 2;

export interface WorkerLogOptions {
  readonly level: LogLevelName;
  readonly color: boolean;
}

export async function createWorkerLogger({ level, color }: WorkerLogOptions): Promise<Logger> {
  const options = {
    level,
    base: { pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  if (!process.stderr.isTTY) return pino(options, pino.destination({ fd: STDERR, sync: true }));
  // Loaded only where it is seen: 38 ms that a worker under a supervisor need not spend.
  const { default: pretty } = await import('pino-pretty');
  const lines = pretty({
    colorize: color,
    ignore: 'pid,taskId,taskName',
    translateTime: 'SYS:HH:MM:ss.l',
    destination: STDERR,
    sync: true,
  });
  return pino(options, lines);
}
