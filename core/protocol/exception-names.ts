/**
 * Names under which our own and JavaScript's error classes travel (NM-04, protocol.md §7.2), and the way back for ours.
 * A closed table: no name from the wire is ever looked up anywhere else.
 */
import {
  ChordError,
  ContentDisallowed,
  EncodeError,
  MaxRetriesExceeded,
  NotRegistered,
  SoftTimeLimitExceeded,
  TaskRevoked,
  TerminatedError,
  TimeLimitExceeded,
  TimeoutError,
  WorkerLostError,
} from '../kernel/errors.js';

/** Module of every class of ours or the application's; no Python module has this name, so Python makes up the class. */
export const JS_MODULE = 'celeriac';

/** Module of Python's own exceptions, to which three of JavaScript's correspond. */
export const PYTHON_BUILTINS = 'builtins';

/** Python's class for one of JavaScript's, and back where the stack shows that the error was JavaScript's. */
export const PYTHON_TWINS: ReadonlyMap<string, string> = new Map([
  ['Error', 'Exception'],
  ['TypeError', 'TypeError'],
  ['RangeError', 'ValueError'],
]);

/** How one of our classes travels. */
export interface OwnException {
  readonly type: string;
  readonly module: string;
  /** Class of the error, compared exactly. */
  readonly errorClass: abstract new (...args: never[]) => Error;
  /** Arguments of the Python exception. */
  argsOf(error: Error): readonly unknown[];
  /** The error again from what a Python or Node worker wrote. */
  create(args: readonly unknown[], message: string): Error;
}

const BILLIARD = 'billiard.exceptions';
const CELERY = 'celery.exceptions';
const KOMBU = 'kombu.exceptions';

function own<E extends Error>(
  name: readonly [module: string, type: string],
  errorClass: abstract new (...args: never[]) => E,
  codec: { readonly argsOf?: (error: E) => readonly unknown[]; readonly create: OwnException['create'] },
): OwnException {
  const argsOf = codec.argsOf ?? ((error: E) => [error.message]);
  return { module: name[0], type: name[1], errorClass, argsOf: (error) => argsOf(error as E), create: codec.create };
}

/** billiard writes `[seconds]` for the hard limit and nothing for the soft one: NaN when it is not known. */
function limitOf(args: readonly unknown[]): number {
  return typeof args[0] === 'number' ? args[0] : NaN;
}

export const OWN_EXCEPTIONS: readonly OwnException[] = [
  own([BILLIARD, 'WorkerLostError'], WorkerLostError, { create: (_args, message) => new WorkerLostError(message) }),
  own([BILLIARD, 'Terminated'], TerminatedError, { create: (_args, message) => new TerminatedError(message) }),
  own([BILLIARD, 'TimeLimitExceeded'], TimeLimitExceeded, {
    argsOf: (error) => (Number.isNaN(error.limitSeconds) ? [] : [error.limitSeconds]),
    create: (args) => new TimeLimitExceeded(limitOf(args)),
  }),
  own([BILLIARD, 'SoftTimeLimitExceeded'], SoftTimeLimitExceeded, {
    argsOf: (error) => (Number.isNaN(error.limitSeconds) ? [] : [error.limitSeconds]),
    create: (args) => new SoftTimeLimitExceeded(limitOf(args)),
  }),
  own([CELERY, 'NotRegistered'], NotRegistered, {
    argsOf: (error) => [error.taskName],
    create: (_args, message) => new NotRegistered(message),
  }),
  own([CELERY, 'MaxRetriesExceededError'], MaxRetriesExceeded, {
    create: (_args, message) => new MaxRetriesExceeded(message),
  }),
  own([CELERY, 'TaskRevokedError'], TaskRevoked, {
    argsOf: (error) => [error.reason],
    create: (_args, message) => new TaskRevoked(message),
  }),
  own([CELERY, 'ChordError'], ChordError, { create: (_args, message) => new ChordError(message) }),
  own([CELERY, 'TimeoutError'], TimeoutError, { create: (_args, message) => new TimeoutError(message) }),
  own([KOMBU, 'ContentDisallowed'], ContentDisallowed, { create: (_args, message) => new ContentDisallowed(message) }),
  own([KOMBU, 'EncodeError'], EncodeError, { create: (_args, message) => new EncodeError(message) }),
];
