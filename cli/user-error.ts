/** An error as one line for the person at the terminal. Stacks are for `--loglevel debug`. */
import { inspect } from 'node:util';
import { isCeleriacError, RemoteTaskError } from '../core/kernel/errors.js';

/** A frame of the stack that a task module printed while it was loaded. */
const FRAME = /^\s*at .*?\(?((?:file:\/\/)?\/[^()]+:\d+:\d+)\)?$/m;

/** Our own errors say what to do and stand alone; of any other the class is part of what it says. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return inspect(error);
  const [headline = '', ...rest] = error.message.split('\n');
  const frame = isCeleriacError(error) ? FRAME.exec(rest.join('\n'))?.[1] : undefined;
  const text = frame === undefined ? headline : `${headline} (at ${frame.replace('file://', '')})`;
  return isCeleriacError(error) ? text : `${error.name}: ${text}`;
}

/** Class and message of a task's failure, as its author knows them. */
export function describeFailure(error: Error): string {
  const type = error instanceof RemoteTaskError ? error.type : error.name;
  return error.message === '' ? type : `${type}: ${error.message}`;
}
