/**
 * Values → kombu's JSON (protocol.md §3.2), compact, non-ASCII as it is. Runs in members and clients, for every body and
 * result. Plain values go through `JSON.stringify` after one look at them; all else through JsonWriter, which refuses
 * with the path what would arrive as something different.
 */
import { EncodeError } from '../kernel/errors.js';
import { encodeMarker } from './json-marker.js';
import { DEFAULT_MESSAGE_LIMITS } from './message-limits.js';
import { formatPythonFloat } from './python-float.js';
import { PyFloat } from './python-values.js';

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
  return new JsonWriter(options.allowNonFinite ?? false).write(value);
}

/** Whether `JSON.stringify` writes the value as JsonWriter would. */
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

class JsonWriter {
  readonly #allowNonFinite: boolean;
  /** Names on the way to the value being written, and the containers they belong to. */
  readonly #path: (string | number)[] = [];
  readonly #open: object[] = [];

  constructor(allowNonFinite: boolean) {
    this.#allowNonFinite = allowNonFinite;
  }

  /** `undefined` is written as null. */
  write(value: unknown): string {
    switch (typeof value) {
      case 'string':
        return JSON.stringify(value);
      case 'boolean':
        return value ? 'true' : 'false';
      case 'undefined':
        return 'null';
      case 'number':
        return this.#number(value, false);
      case 'bigint':
        return value.toString();
      case 'object':
        return value === null ? 'null' : this.#object(value);
      default:
        throw this.#error(`a ${typeof value} has no JSON form`);
    }
  }

  #number(value: number, isFloat: boolean): string {
    if (Number.isFinite(value)) {
      return isPlainNumber(value) && !isFloat ? String(value) : formatPythonFloat(value);
    }
    if (!this.#allowNonFinite) throw this.#error(`${String(value)} is not a JSON number`);
    return String(value);
  }

  #object(value: object): string {
    if (value instanceof PyFloat) return this.#number(value.value, true);
    const typed = this.#typed(value);
    if (typed !== null) return typed;
    if (this.#open.includes(value)) throw this.#error('the value contains itself');
    if (this.#open.length === DEFAULT_MESSAGE_LIMITS.maxDepth) {
      throw this.#error(`the value is nested deeper than ${String(DEFAULT_MESSAGE_LIMITS.maxDepth)}`);
    }
    this.#open.push(value);
    const text = this.#container(value);
    this.#open.pop();
    return text;
  }

  #typed(value: object): string | null {
    try {
      return encodeMarker(value);
    } catch (error) {
      throw error instanceof EncodeError ? this.#error(error.message) : error;
    }
  }

  #container(value: object): string {
    if (hasToJson(value)) return this.write(value.toJSON(String(this.#path.at(-1) ?? '')));
    if (Array.isArray(value) || value instanceof Set) return this.#list(value);
    if (value instanceof Map) return this.#table(value);
    if (isOpaque(value)) throw this.#error(`${describe(value)} has no JSON form`);
    if (value instanceof Number || value instanceof String || value instanceof Boolean)
      return this.write(value.valueOf());
    return this.#table(Object.entries(value));
  }

  #list(values: Iterable<unknown>): string {
    const items: string[] = [];
    for (const item of values) {
      this.#path.push(items.length);
      items.push(this.write(item));
      this.#path.pop();
    }
    return `[${items.join(',')}]`;
  }

  #table(entries: Iterable<readonly [unknown, unknown]>): string {
    const fields: string[] = [];
    for (const [key, value] of entries) {
      if (value === undefined) continue;
      if (typeof key === 'symbol' || (typeof key === 'object' && key !== null) || typeof key === 'function') {
        throw this.#error(`a key of type ${typeof key} has no JSON form`);
      }
      const name = String(key);
      this.#path.push(name);
      fields.push(`${JSON.stringify(name)}:${this.write(value)}`);
      this.#path.pop();
    }
    return `{${fields.join(',')}}`;
  }

  #error(what: string): EncodeError {
    const path = this.#path.map((step) => (typeof step === 'number' ? `[${String(step)}]` : `.${step}`)).join('');
    return new EncodeError(`cannot encode $${path} as JSON: ${what}`);
  }
}

function hasToJson(value: object): value is { toJSON(key: string): unknown } {
  return typeof (value as { toJSON?: unknown }).toJSON === 'function';
}

/** Objects whose content is not in their properties: `JSON.stringify` would write `{}` and lose it in silence. */
function isOpaque(value: object): boolean {
  return (
    value instanceof Error ||
    value instanceof Promise ||
    value instanceof RegExp ||
    value instanceof WeakMap ||
    value instanceof WeakSet ||
    value instanceof ArrayBuffer ||
    value instanceof SharedArrayBuffer ||
    ArrayBuffer.isView(value)
  );
}

function describe(value: object): string {
  const constructor: unknown = value.constructor;
  return typeof constructor === 'function' ? `an object of class ${constructor.name}` : 'the object';
}
