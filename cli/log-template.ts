/**
 * Log lines by a template of Python's logging, as `worker_log_format` and `worker_task_log_format` of Celery have it:
 * `[%(asctime)s: %(levelname)s/%(processName)s] %(message)s` (CONF-172, 173).
 */
import { inspect } from 'node:util';

export interface LogLine {
  readonly epochMs: number;
  /** Celery's name of the level. */
  readonly level: string;
  readonly message: string;
  /** Name of the node among several. @defaultValue `MainProcess`, as Celery calls it */
  readonly processName?: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Celery says `???` for a line outside of any task. */
const UNKNOWN = '???';

export function formatLine(template: string, line: LogLine): string {
  const text = template.replace(/%\((\w+)\)[-\d.]*[sd]/g, (_, key: string) => valueOf(key, line));
  const error = line.fields['err'];
  return error instanceof Error ? `${text}\n${error.stack ?? error.message}` : text;
}

function valueOf(key: string, { epochMs, level, message, processName = 'MainProcess', fields }: LogLine): string {
  switch (key) {
    case 'asctime':
      return new Date(epochMs).toISOString().replace('T', ' ').replace('Z', '').replace('.', ',');
    case 'levelname':
      return level;
    case 'processName':
    case 'threadName':
      return processName;
    case 'process':
      return String(process.pid);
    case 'name':
      return 'celeriac';
    case 'message':
      return message;
    case 'task_name':
      return show(fields['taskName']);
    case 'task_id':
      return show(fields['taskId']);
    default:
      return key in fields ? show(fields[key]) : UNKNOWN;
  }
}

function show(value: unknown): string {
  if (value === undefined || value === null) return UNKNOWN;
  return typeof value === 'string' ? value : inspect(value);
}
