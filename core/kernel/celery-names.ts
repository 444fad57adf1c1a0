/**
 * Celery's names of our errors (TASK-78), for those who come from there: the same classes, so either name catches. For
 * the package entry; celeriac itself uses its own names.
 */
export {
  CeleriacError as CeleryError,
  ConfigError as ImproperlyConfigured,
  MaxRetriesExceeded as MaxRetriesExceededError,
  TaskRevoked as TaskRevokedError,
  TerminatedError as Terminated,
  TransportError as OperationalError,
} from './errors.js';
