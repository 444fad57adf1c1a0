/**
 * Values → kombu's JSON (protocol.md §3.2), compact, non-ASCII as it is. Runs in members and clients, for every body and
 * result. Plain values go through `JSON.stringify` after one look at them; all else through ValueWriter, which refuses
 * with the path what would arrive as something different.
 */
import { EncodeError } from '../kernel/errors.js';
import { encodeMarker, registeredTypeOf } from './json-marker.js';
import { DEFAULT_MESSAGE_LIMITS } from './message-limits.js';
import { formatPythonFloat } from './python-float.js';
import { ValueWriter, type TextDialect } from './value-writer.js';

export interface JsonEncodeOptions {
  /** Writes `NaN` and `Infinity`, which Python reads and most others do not. @defaultValue false */
  readonly allowNonFinite?: boolean;
}

/**
 * JSON text of a value; `undefined` alone is `null`, Python's None. A whole number beyond 2^53 is written as float
 * (`1e+20`), so that it comes back as the number it was; a bigint is written as integer with all its digits.
 * @throws EncodeError naming the path, for example `$.users[3].callback`.
 */
export function encodeJson(value: unknown, options: JsonEncodeOptions = {}): string {
  if (isPlain(value, DEFAULT_MESSAGE_LIMITS.maxDepth)) return JSON.stringify(value) ?? 'null';
  return new ValueWriter(options.allowNonFinite === true ? LENIENT : STRICT).write(value);
}

/** Whether `JSON.stringify` writes the value as ValueWriter would. */
function isPlain(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'undefined':
      return true;
    case 'number':
      return isPlainNumber(value);
    case 'object':
      break;
    default:
      return false;
  }
  if (value === null) return true;
  if (depth === 0) return false;
  if (Array.isArray(value)) {
    for (const item of value) if (!isPlain(item, depth - 1)) return false;
    return !('toJSON' in value);
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  const table = value as Readonly<Record<string, unknown>>;
  for (const name in table) if (!isPlain(table[name], depth - 1)) return false;
  return typeof table['toJSON'] !== 'function';
}

function isPlainNumber(value: number): boolean {
  return value <= Number.MAX_SAFE_INTEGER && value >= -Number.MAX_SAFE_INTEGER && !Object.is(value, -0);
}

const STRICT = jsonDialect(false);
const LENIENT = jsonDialect(true);

function jsonDialect(allowNonFinite: boolean): TextDialect {
  return {
    format: 'JSON',
    number: (value, isFloat) => {
      if (Number.isFinite(value)) return isPlainNumber(value) && !isFloat ? String(value) : formatPythonFloat(value);
      if (!allowNonFinite) throw new EncodeError(`${String(value)} is not a JSON number`);
      return String(value);
    },
    typed: encodeMarker,
    registered: registeredTypeOf,
    key: (name) => `${JSON.stringify(name)}:`,
  };
}
