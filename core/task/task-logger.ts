/**
 * Loggers by name (TASK-76): `getTaskLogger(import.meta.url)` at the top of a module of tasks. Inside a run a line goes to
 * the worker's log with the task's id and name, as `ctx.logger`'s do; outside it goes to `base`, with `???` for both.
 */
import { silentLogger, type Logger, type LogLevel } from '../ports/logger.js';
import { currentTask } from './current-task.js';

const NOBODY = '???';

/** @param name is told with each line, as `celery.task.<name>`. */
export function getTaskLogger(name: string, base: Logger = silentLogger): Logger {
  const logger = `celery.task.${name}`;
  const write =
    (level: LogLevel) =>
    (fields: object, message: string): void => {
      const context = currentTask();
      if (context === null) base[level]({ taskId: NOBODY, taskName: NOBODY, logger, ...fields }, message);
      else context.logger[level]({ logger, ...fields }, message);
    };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}
