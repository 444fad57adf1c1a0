/**
 * Values → plain objects, lists, texts, numbers and bytes, for binary formats whose libraries would write anything else in
 * a way of their own. Refuses with the path what the format cannot carry. Called by msgpack-serializer.ts.
 */
import { EncodeError } from '../kernel/errors.js';
import { DEFAULT_MESSAGE_LIMITS } from './message-limits.js';
import { Decimal, PyDate, PyFloat, PyTime, Uuid } from './python-values.js';
import { describe, isOpaque } from './value-writer.js';

/** @throws EncodeError naming the path, for example `$[0].when`. */
export function plainValue(value: unknown, format: string): unknown {
  return new Lowering(format).lower(value);
}

class Lowering {
  readonly #format: string;
  readonly #path: (string | number)[] = [];
  readonly #open: object[] = [];

  constructor(format: string) {
    this.#format = format;
  }

  lower(value: unknown): unknown {
    switch (typeof value) {
      case 'undefined':
        return null;
      case 'function':
      case 'symbol':
        throw this.#error(`a ${typeof value} has no ${this.#format} form`);
      case 'object':
        return value === null ? null : this.#object(value);
      default:
        return value;
    }
  }

  #object(value: object): unknown {
    if (value instanceof PyFloat) return value.value;
    if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    if (isTyped(value)) throw this.#error(`${describe(value)} has no ${this.#format} form; send a text`);
    if (this.#open.includes(value)) throw this.#error('the value contains itself');
    if (this.#open.length === DEFAULT_MESSAGE_LIMITS.maxDepth) {
      throw this.#error(`the value is nested deeper than ${String(DEFAULT_MESSAGE_LIMITS.maxDepth)}`);
    }
    this.#open.push(value);
    const plain = this.#container(value);
    this.#open.pop();
    return plain;
  }

  #container(value: object): unknown {
    const { toJSON } = value as { toJSON?: unknown };
    if (typeof toJSON === 'function') return this.lower(toJSON.call(value, String(this.#path.at(-1) ?? '')));
    if (Array.isArray(value) || value instanceof Set) return this.#list(value);
    if (value instanceof Map) return this.#table(value);
    if (isOpaque(value)) throw this.#error(`${describe(value)} has no ${this.#format} form`);
    if (value instanceof Number || value instanceof String || value instanceof Boolean) return value.valueOf();
    return this.#table(Object.entries(value));
  }

  #list(values: Iterable<unknown>): unknown[] {
    const list: unknown[] = [];
    for (const item of values) {
      this.#path.push(list.length);
      list.push(this.lower(item));
      this.#path.pop();
    }
    return list;
  }

  /** A Map, in which `__proto__` is a name like any other. */
  #table(entries: Iterable<readonly [unknown, unknown]>): Map<string, unknown> {
    const table = new Map<string, unknown>();
    for (const [key, value] of entries) {
      if (value === undefined) continue;
      if (typeof key === 'symbol' || (typeof key === 'object' && key !== null) || typeof key === 'function') {
        throw this.#error(`a key of type ${typeof key} has no ${this.#format} form`);
      }
      const name = String(key);
      this.#path.push(name);
      table.set(name, this.lower(value));
      this.#path.pop();
    }
    return table;
  }

  #error(what: string): EncodeError {
    const path = this.#path.map((step) => (typeof step === 'number' ? `[${String(step)}]` : `.${step}`)).join('');
    return new EncodeError(`cannot encode $${path} as ${this.#format}: ${what}`);
  }
}

/** Values that Python's packer refuses, too. */
function isTyped(value: object): boolean {
  return (
    value instanceof Date ||
    value instanceof PyDate ||
    value instanceof PyTime ||
    value instanceof Decimal ||
    value instanceof Uuid
  );
}
