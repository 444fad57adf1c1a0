/**
 * Values → the text of a format that looks like JSON: JSON itself and YAML's flow style. Shared walk: containers, cycles,
 * depth and the path in errors; a dialect says how numbers and typed values look. Called by the serializers.
 */
import { EncodeError } from '../kernel/errors.js';
import { DEFAULT_MESSAGE_LIMITS } from './message-limits.js';
import { PyFloat } from './python-values.js';

export interface TextDialect {
  /** For messages. */
  readonly format: string;
  /** `isFloat`: Python shall see a float although the number is whole. @throws EncodeError without a path. */
  number(value: number, isFloat: boolean): string;
  /** Text of a value that is more than its properties; null when it is none. @throws EncodeError without a path. */
  typed(value: object): string | null;
  key(name: string): string;
  /** How the application writes the object: its marker and data; null when it says nothing. */
  registered(value: object): { readonly marker: string; encode(value: unknown): unknown } | null;
}

export class ValueWriter {
  readonly #dialect: TextDialect;
  /** Names on the way to the value being written, and the containers they belong to. */
  readonly #path: (string | number)[] = [];
  readonly #open: object[] = [];

  constructor(dialect: TextDialect) {
    this.#dialect = dialect;
  }

  /** `undefined` is written as null. @throws EncodeError naming the path, for example `$.users[3].callback`. */
  write(value: unknown): string {
    switch (typeof value) {
      case 'string':
        return JSON.stringify(value);
      case 'boolean':
        return value ? 'true' : 'false';
      case 'undefined':
        return 'null';
      case 'number':
        return this.#named(() => this.#dialect.number(value, false));
      case 'bigint':
        return value.toString();
      case 'object':
        return value === null ? 'null' : this.#object(value);
      default:
        throw this.#error(`a ${typeof value} has no ${this.#dialect.format} form`);
    }
  }

  #object(value: object): string {
    if (value instanceof PyFloat) return this.#named(() => this.#dialect.number(value.value, true));
    const registered = this.#dialect.registered(value);
    if (registered !== null) return this.#registered(registered, value);
    const typed = this.#named(() => this.#dialect.typed(value));
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

  #registered(type: NonNullable<ReturnType<TextDialect['registered']>>, value: object): string {
    if (this.#open.includes(value)) throw this.#error('the value contains itself');
    this.#open.push(value);
    const text = this.#table([
      ['__type__', type.marker],
      ['__value__', type.encode(value)],
    ]);
    this.#open.pop();
    return text;
  }

  #named<T>(write: () => T): T {
    try {
      return write();
    } catch (error) {
      throw error instanceof EncodeError ? this.#error(error.message) : error;
    }
  }

  #container(value: object): string {
    if (hasToJson(value)) return this.write(value.toJSON(String(this.#path.at(-1) ?? '')));
    if (Array.isArray(value) || value instanceof Set) return this.#list(value);
    if (value instanceof Map) return this.#table(value);
    if (isOpaque(value)) throw this.#error(`${describe(value)} has no ${this.#dialect.format} form`);
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
        throw this.#error(`a key of type ${typeof key} has no ${this.#dialect.format} form`);
      }
      const name = String(key);
      this.#path.push(name);
      fields.push(`${this.#dialect.key(name)}${this.write(value)}`);
      this.#path.pop();
    }
    return `{${fields.join(',')}}`;
  }

  #error(what: string): EncodeError {
    const path = this.#path.map((step) => (typeof step === 'number' ? `[${String(step)}]` : `.${step}`)).join('');
    return new EncodeError(`cannot encode $${path} as ${this.#dialect.format}: ${what}`);
  }
}

function hasToJson(value: object): value is { toJSON(key: string): unknown } {
  return typeof (value as { toJSON?: unknown }).toJSON === 'function';
}

/** Objects whose content is not in their properties: `JSON.stringify` would write `{}` and lose it in silence. */
export function isOpaque(value: object): boolean {
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

export function describe(value: object): string {
  const constructor: unknown = value.constructor;
  return typeof constructor === 'function' ? `an object of class ${constructor.name}` : 'the object';
}
