/** An error as text, where it leaves its thread or process: an `Error` object may hold what cannot be written down. */
import { inspect } from 'node:util';

export interface ErrorText {
  readonly name: string;
  readonly message: string;
  readonly stack: string | null;
  readonly code: string | null;
}

export function errorText(error: unknown): ErrorText {
  // Not String(): it throws for an object without a way to become a string.
  if (!(error instanceof Error)) return { name: 'Error', message: inspect(error), stack: null, code: null };
  const code: unknown = 'code' in error ? error.code : null;
  return {
    name: error.name,
    message: error.message,
    stack: error.stack ?? null,
    code: typeof code === 'string' ? code : null,
  };
}

/** The error that a text describes: a plain `Error` with its name, message, stack and code. */
export function errorOfText(text: ErrorText): Error {
  const error = new Error(text.message);
  Object.defineProperty(error, 'name', { value: text.name, configurable: true, writable: true });
  if (text.stack !== null) error.stack = text.stack;
  return text.code === null ? error : Object.assign(error, { code: text.code });
}
