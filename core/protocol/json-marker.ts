/**
 * kombu's typed values, `{"__type__": t, "__value__": v}` (protocol.md §3.2, WIRE-27):
 *
 *     datetime  "2030-01-02T03:04:05.678901+00:00"   ⇄ Date (digits below a millisecond are lost, no offset = UTC)
 *     date      "2030-01-02"                          ⇄ PyDate        decimal  "10.250"          ⇄ Decimal
 *     time      "03:04:05.000006"                     ⇄ PyTime        uuid     {"hex": "1234…"}  ⇄ Uuid
 *     bytes     the text, if the bytes are UTF-8      ⇄ Buffer        base64   otherwise         ⇄ Buffer
 *
 * An unknown marker stays a plain object, since applications register their own. We never write another one: a Python
 * reader drops such a message.
 */
import { isUtf8 } from 'node:buffer';
import { EncodeError, ProtocolError } from '../kernel/errors.js';
import { formatInstant, parseInstant } from './iso-instant.js';
import { Decimal, PyDate, PyTime, Uuid } from './python-values.js';

/** JSON text of a typed value; null when the object is none. */
export function encodeMarker(value: object): string | null {
  if (value instanceof Date) return marker('datetime', JSON.stringify(formatInstant(value.getTime())));
  if (value instanceof Uint8Array) return encodeBytes(value);
  if (value instanceof PyDate) return marker('date', `"${value.toString()}"`);
  if (value instanceof PyTime) return marker('time', `"${value.toString()}"`);
  if (value instanceof Decimal) return marker('decimal', `"${value.toString()}"`);
  if (value instanceof Uuid) return marker('uuid', `{"hex":"${value.hex}"}`);
  return null;
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

/**
 * Replaces the typed values inside parsed JSON, innermost first as Python's `object_hook` does, in place.
 * The depth of `value` is bounded by the reader's limit.
 * @throws ProtocolError when a known marker carries a value that is none.
 */
export function reviveMarkers(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) value[i] = reviveMarkers(value[i]);
    return value;
  }
  const table = value as Record<string, unknown>;
  const names = Object.keys(table);
  for (const name of names) {
    const field = table[name];
    // Only objects change. An own `__proto__` reads and writes as itself here: JSON.parse has defined it.
    if (typeof field === 'object' && field !== null) define(table, name, reviveMarkers(field));
  }
  return names.length === 2 && Object.hasOwn(table, '__type__') && Object.hasOwn(table, '__value__')
    ? revive(table)
    : table;
}

function define(table: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__')
    Object.defineProperty(table, name, { value, writable: true, enumerable: true, configurable: true });
  else table[name] = value;
}

function revive(table: Readonly<Record<string, unknown>>): unknown {
  const type = table['__type__'];
  const value = table['__value__'];
  const read = typeof type === 'string' ? READERS.get(type) : undefined;
  if (read === undefined) return table;
  try {
    return read(value);
  } catch (error) {
    if (!(error instanceof EncodeError)) throw error;
    throw new ProtocolError(`typed JSON value of type ${String(type)} is malformed: ${error.message}`);
  }
}

const READERS: ReadonlyMap<string, (value: unknown) => unknown> = new Map<string, (value: unknown) => unknown>([
  ['datetime', (value) => new Date(readInstant(value))],
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
