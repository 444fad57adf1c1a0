/** An error as text, where it leaves its thread or process: an `Error` object may hold what cannot be written down. */
import { inspect } from 'node:util';

export interface ErrorText {
  readonly name: string;
  readonly message: string;
  readonly stack: string | null;
  readonly code: string | null;
}

/** Never throws, whatever was thrown: the getters of an error are code of users, too. */
export function errorText(error: unknown): ErrorText {
  if (!(error instanceof Error)) return { name: 'Error', message: wordsFor(error), stack: null, code: null };
  return {
    name: textField(error, 'name') ?? 'Error',
    message: textField(error, 'message') ?? 'its message cannot be read',
    stack: textField(error, 'stack'),
    code: textField(error, 'code'),
  };
}

/** Not String(): it throws for an object without a way to become a string. */
function wordsFor(thrown: unknown): string {
  try {
    return inspect(thrown);
  } catch {
    return 'what was thrown cannot be shown';
  }
}

function textField(error: Error, field: string): string | null {
  try {
    const value: unknown = Reflect.get(error, field);
    return typeof value === 'string' ? value : null;
  } catch {
    return null;
  }
}

/** The error that a text describes: a plain `Error` with its name, message, stack and code. @throws TypeError for none */
export function errorOfText(text: ErrorText): Error {
  const error = new Error(text.message);
  Object.defineProperty(error, 'name', { value: text.name, configurable: true, writable: true });
  if (text.stack !== null) error.stack = text.stack;
  return text.code === null ? error : Object.assign(error, { code: text.code });
}

/** Where an error was made, to stand behind its message: ` (at FILE:LINE:COLUMN)`; '' when its stack does not say. */
export function placeOf({ stack }: Error): string {
  const place = /(?:^|at |\()((?:file:\/\/)?\/[^\s()]+:\d+)/m.exec(stack ?? '')?.[1];
  return place === undefined ? '' : ` (at ${place})`;
}
