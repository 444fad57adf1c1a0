/**
 * kombu's typed values, `{"__type__": t, "__value__": v}` (protocol.md §3.2, WIRE-27):
 *
 *     datetime  "2030-01-02T03:04:05.678901+00:00"   ⇄ Date, PyDateTime where Date would lose
 *     date      "2030-01-02"                          ⇄ PyDate        decimal  "10.250"          ⇄ Decimal
 *     time      "03:04:05.000006"                     ⇄ PyTime        uuid     {"hex": "1234…"}  ⇄ Uuid
 *     bytes     the text, if the bytes are UTF-8      ⇄ Buffer        base64   otherwise         ⇄ Buffer
 *
 * An unknown marker in a result stays a plain object; a task body with one is refused, since the task would be given what
 * nobody meant (reliability.md M9). Applications register their own. We never write another one.
 */
import { isUtf8 } from 'node:buffer';
import { EncodeError, ProtocolError } from '../kernel/errors.js';
import { formatInstant, parseInstant } from './iso-instant.js';
import { PyDateTime } from './python-datetime.js';
import { Decimal, PyDate, PyTime, Uuid } from './python-values.js';

/** A type of the application in JSON. */
export interface JsonType<T> {
  /** Instances of it and of its subclasses are written so. */
  readonly type: abstract new (...args: never[]) => T;
  /** `__type__` on the wire. A Python reader needs the same registration, or it drops the message. */
  readonly marker: string;
  /** What JSON carries: data, or again typed values. */
  encode(value: T): unknown;
  /** @throws any error for a value that is none: the message is then refused. */
  decode(value: unknown): T;
}

/** Of this thread; the latest comes first. */
const registered: JsonType<unknown>[] = [];

/** Adds a type in this thread, or replaces the one of a marker (WIRE-27). @returns a function that takes it back. */
export function registerType<T>(type: JsonType<T>): () => void {
  const entry = type as JsonType<unknown>;
  registered.unshift(entry);
  return () => {
    const at = registered.indexOf(entry);
    if (at !== -1) registered.splice(at, 1);
  };
}

/** The registered type of an object; null when there is none. */
export function registeredTypeOf(value: object): JsonType<unknown> | null {
  return registered.find(({ type }) => value instanceof type) ?? null;
}

/** JSON text of a typed value; null when the object is none. */
export function encodeMarker(value: object): string | null {
  if (value instanceof Date) return marker('datetime', `"${textOfDate(value)}"`);
  if (value instanceof Uint8Array) return encodeBytes(value);
  if (value instanceof PyDate) return marker('date', `"${value.toString()}"`);
  if (value instanceof PyTime) return marker('time', `"${value.toString()}"`);
  if (value instanceof Decimal) return marker('decimal', `"${value.toString()}"`);
  if (value instanceof Uuid) return marker('uuid', `{"hex":"${value.hex}"}`);
  return null;
}

function textOfDate(date: Date): string {
  return (date instanceof PyDateTime ? date.isoText : null) ?? formatInstant(date.getTime());
}

function encodeBytes(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return isUtf8(buffer)
    ? marker('bytes', JSON.stringify(buffer.toString('utf8')))
    : marker('base64', `"${buffer.toString('base64')}"`);
}

function marker(type: string, valueJson: string): string {
  return `{"__type__":"${type}","__value__":${valueJson}}`;
}

/** What becomes of a marker that nobody has registered. */
export type UnknownTypes = 'keep' | 'refuse';

/**
 * Replaces the typed values inside parsed JSON, innermost first as Python's `object_hook` does, in place.
 * The depth of `value` is bounded by the reader's limit.
 * @throws ProtocolError when a known marker carries a value that is none, or an unknown one is to be refused.
 */
export function reviveMarkers(value: unknown, unknownTypes: UnknownTypes): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) value[i] = reviveMarkers(value[i], unknownTypes);
    return value;
  }
  const table = value as Record<string, unknown>;
  const names = Object.keys(table);
  for (const name of names) {
    const field = table[name];
    // Only objects change. An own `__proto__` reads and writes as itself here: JSON.parse has defined it.
    if (typeof field === 'object' && field !== null) define(table, name, reviveMarkers(field, unknownTypes));
  }
  return names.length === 2 && Object.hasOwn(table, '__type__') && Object.hasOwn(table, '__value__')
    ? revive(table, unknownTypes)
    : table;
}

function define(table: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__')
    Object.defineProperty(table, name, { value, writable: true, enumerable: true, configurable: true });
  else table[name] = value;
}

function revive(table: Readonly<Record<string, unknown>>, unknownTypes: UnknownTypes): unknown {
  const type = table['__type__'];
  const value = table['__value__'];
  const own = registered.find(({ marker }) => marker === type);
  const read = typeof type === 'string' ? READERS.get(type) : undefined;
  if (own === undefined && read === undefined) {
    // Something else than a name is no marker of kombu's.
    if (unknownTypes === 'keep' || typeof type !== 'string') return table;
    throw new ProtocolError(
      `typed JSON value of type ${JSON.stringify(type.slice(0, 64))}, which is not registered here`,
      {
        reason: 'unknown-type',
      },
    );
  }
  try {
    return own === undefined ? read?.(value) : own.decode(value);
  } catch (error) {
    const message = `typed JSON value of type ${String(type)} is malformed: ${error instanceof Error ? error.message : ''}`;
    throw new ProtocolError(message, { reason: 'bad-typed-value', cause: error });
  }
}

const READERS: ReadonlyMap<string, (value: unknown) => unknown> = new Map<string, (value: unknown) => unknown>([
  ['datetime', (value) => PyDateTime.read(readText(value))],
  ['date', readDate],
  ['time', (value) => new PyTime(readText(value))],
  ['decimal', (value) => new Decimal(readText(value))],
  ['uuid', readUuid],
  ['bytes', (value) => Buffer.from(readText(value), 'utf8')],
  ['base64', (value) => Buffer.from(readText(value), 'base64')],
]);

function readText(value: unknown): string {
  if (typeof value !== 'string') throw new EncodeError('its value is not a string');
  return value;
}

function readInstant(value: unknown): number {
  const epochMs = parseInstant(readText(value));
  if (epochMs === null) throw new EncodeError('its value is not an ISO 8601 instant');
  return epochMs;
}

/** A full datetime is read too; its date part counts. */
function readDate(value: unknown): PyDate {
  const text = readText(value);
  readInstant(text);
  const digits = text.slice(0, 10).replaceAll('-', '');
  return new PyDate(Number(digits.slice(0, 4)), Number(digits.slice(4, 6)), Number(digits.slice(6, 8)));
}

/** kombu 5.3 also wrote `version`, which the digits hold anyway. */
function readUuid(value: unknown): Uuid {
  if (typeof value !== 'object' || value === null) throw new EncodeError('its value is not an object with hex digits');
  return new Uuid(readText((value as Readonly<Record<string, unknown>>)['hex']));
}
