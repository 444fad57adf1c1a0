/**
 * The error of a failed task as `get()` throws it: class, message and stack as `core/protocol/exception.ts` reads them,
 * with the chain of causes that the remote stack tells of (design §4). Client, host and member.
 */
import { RemoteTaskError } from '../kernel/errors.js';
import { errorOfDocument, type ErrorPrototypes } from '../protocol/exception.js';

interface FailedDocument {
  readonly result: unknown;
  readonly traceback: string | null;
}

export interface RemoteErrorOptions {
  readonly errors: ErrorPrototypes;
  /** Put the remote stack above the causes, as an error of its own (RES-04, `taskRemoteTracebacks`). */
  readonly remoteTracebacks: boolean;
}

/** What `encodeException` writes between the stacks of an error and of its causes. */
const CAUSE = '\n[cause]: ';

export function remoteError(document: FailedDocument, { errors, remoteTracebacks }: RemoteErrorOptions): Error {
  const error = errorOfDocument(document, errors);
  const { traceback } = document;
  if (traceback === null || error.cause !== undefined) return error;
  const [stack = '', ...causes] = traceback.split(CAUSE);
  const cause = causes.reduceRight<Error | null>(causeOf, null);
  const below = remoteTracebacks ? atStack(stack, cause, nameOf(error)) : cause;
  if (below !== null)
    Object.defineProperty(error, 'cause', { value: below, writable: true, enumerable: false, configurable: true });
  return error;
}

interface ErrorName {
  readonly type: string;
  readonly message: string;
  readonly module: string | null;
}

function nameOf(error: Error): ErrorName {
  const { message } = error;
  return error instanceof RemoteTaskError ? error : { type: error.name, message, module: null };
}

/** A cause is known by its stack alone: its first line names class and message. */
function causeOf(cause: Error | null, stack: string): Error {
  const [, type = 'Error', message = ''] = /^([\w.$]+)(?:: ([^\n]*))?/.exec(stack) ?? [];
  return atStack(stack, cause, { type, message, module: null });
}

function atStack(stack: string, cause: Error | null, { type, message, module }: ErrorName): Error {
  const options = { type, module, remoteStack: stack };
  const error = new RemoteTaskError(message, cause === null ? options : { ...options, cause });
  error.stack = stack;
  return error;
}
