/** Exit codes of the program (CLI-80), and the mapping from errors to them. Stable: scripts test for them. */
import { BackendError, ConfigError, TimeoutError, TransportError } from '../core/kernel/errors.js';

export const ExitCode = {
  OK: 0,
  /** A task failed, or the worker ended otherwise than by one SIGTERM. */
  FAILURE: 1,
  /** The command line cannot be read: unknown option or command, missing or malformed value. */
  BAD_OPTION: 2,
  /** It can be read and makes no sense here: wrong app, wrong setting, a purge that nobody can confirm. */
  USAGE: 64,
  /** Broker or result backend cannot be reached, or no answer came in time. */
  UNAVAILABLE: 69,
  /** A file cannot be created: the pid file of a worker that runs, a log file in a folder that is not there. */
  CANNOT_CREATE: 73,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof ConfigError) return ExitCode.USAGE;
  const isSilence = error instanceof TransportError || error instanceof BackendError || error instanceof TimeoutError;
  return isSilence ? ExitCode.UNAVAILABLE : ExitCode.FAILURE;
}
