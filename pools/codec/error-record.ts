/**
 * An error on its way out of a member: class name, message, stack, cause and own fields. Structured clone would drop the
 * fields and the class. On the host it gets the prototype of the class of that name if that is one of ours or of the
 * language; no name is ever looked up as code.
 */
import * as kernelErrors from '../../core/kernel/errors.js';

/** Plain data; `cause` is an ErrorRecord or a value. */
export interface ErrorRecord {
  readonly name: string;
  readonly message: string;
  readonly stack: string | null;
  readonly hasCause: boolean;
  readonly cause: unknown;
  readonly isErrorCause: boolean;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** By which `isCeleriacError` knows our errors; a field, so the prototype does not bring it. */
const BRAND = Symbol.for('celeriac.error');
const MAX_CAUSES = 8;
const STANDARD_FIELDS: ReadonlySet<string> = new Set(['name', 'message', 'stack', 'cause']);

const KNOWN_CLASSES: ReadonlyMap<string, object> = new Map<string, object>([
  ...[EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError].map(
    (known) => [known.name, known.prototype as object] as const,
  ),
  ...Object.entries(kernelErrors).flatMap(([name, known]) =>
    name.endsWith('Error') || name.endsWith('Exceeded') ? [[name, known.prototype as object] as const] : [],
  ),
]);

export function toErrorRecord(thrown: Error, depth = 0): ErrorRecord {
  const { cause } = thrown;
  const isErrorCause = cause instanceof Error && depth < MAX_CAUSES;
  const fields: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(thrown)) if (!STANDARD_FIELDS.has(key)) fields[key] = value;
  return {
    name: thrown.name,
    message: thrown.message,
    stack: thrown.stack ?? null,
    hasCause: 'cause' in thrown,
    // The end of a long chain, or one that leads back to itself, is kept as text.
    cause: isErrorCause ? toErrorRecord(cause, depth + 1) : cause instanceof Error ? String(cause) : cause,
    isErrorCause,
    fields,
  };
}

/** A record that can be cloned whatever the error held: its message and stack only. Reads no field of its own. */
export function toBareErrorRecord({ name, message, stack }: Error): ErrorRecord {
  return { name, message, stack: stack ?? null, hasCause: false, cause: null, isErrorCause: false, fields: {} };
}

export function fromErrorRecord(record: ErrorRecord): Error {
  const cause = record.isErrorCause ? fromErrorRecord(record.cause as ErrorRecord) : record.cause;
  const error = record.hasCause ? new Error(record.message, { cause }) : new Error(record.message);
  const prototype = KNOWN_CLASSES.get(record.name);
  if (prototype !== undefined) Object.setPrototypeOf(error, prototype);
  if (error instanceof kernelErrors.CeleriacError) Object.defineProperty(error, BRAND, { value: true });
  if (error.name !== record.name) {
    Object.defineProperty(error, 'name', { value: record.name, configurable: true, writable: true });
  }
  Object.defineProperty(error, 'stack', { value: record.stack ?? '', configurable: true, writable: true });
  return Object.assign(error, record.fields);
}
