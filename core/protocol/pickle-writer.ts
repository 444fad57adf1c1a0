/**
 * Values → Python's pickle, protocol 4, of the subset that pickle-reader.ts reads (NM-09): for Celery's database backend
 * and for peers that take nothing else. Members and clients; called by pickle-serializer.ts.
 */
import { EncodeError } from '../kernel/errors.js';
import { formatInstant } from './iso-instant.js';
import { DEFAULT_MESSAGE_LIMITS } from './message-limits.js';
import { PyDateTime } from './python-datetime.js';
import { Decimal, PyDate, PyFloat, PyTime, PyTimeDelta, Uuid } from './python-values.js';
import { describe, isOpaque } from './value-writer.js';

/** @throws EncodeError naming the path, for example `$[0].when`. */
export function writePickle(value: unknown): Uint8Array {
  const writer = new PickleWriter();
  writer.value(value);
  return writer.finish();
}

class PickleWriter {
  readonly #parts: Buffer[] = [Buffer.from([0x80, 4])];
  readonly #path: (string | number)[] = [];
  readonly #open: object[] = [];

  finish(): Uint8Array {
    return Buffer.concat([...this.#parts, Buffer.from('.')]);
  }

  value(value: unknown): void {
    switch (typeof value) {
      case 'undefined':
        this.#put('N');
        return;
      case 'boolean':
        this.#put(value ? '\x88' : '\x89');
        return;
      case 'number':
        if (Number.isSafeInteger(value) && !Object.is(value, -0)) this.#integer(BigInt(value));
        else this.#float(value);
        return;
      case 'bigint':
        this.#integer(value);
        return;
      case 'string':
        this.#counted('X', Buffer.from(value, 'utf8'));
        return;
      case 'object':
        if (value === null) this.#put('N');
        else this.#object(value);
        return;
      default:
        throw this.#error(`a ${typeof value} has no pickled form`);
    }
  }

  #put(text: string): void {
    this.#parts.push(Buffer.from(text, 'latin1'));
  }

  #counted(operation: string, bytes: Buffer): void {
    const head = Buffer.alloc(5, operation, 'latin1');
    head.writeUInt32LE(bytes.length, 1);
    this.#parts.push(head, bytes);
  }

  #integer(value: bigint): void {
    let size = 1;
    while (BigInt.asIntN(size * 8, value) !== value) size++;
    if (size > 255) throw this.#error('an integer is longer than 255 bytes');
    const hex = BigInt.asUintN(size * 8, value)
      .toString(16)
      .padStart(size * 2, '0');
    this.#parts.push(Buffer.from([0x8a, size]), Buffer.from(hex, 'hex').reverse());
  }

  #float(value: number): void {
    const bytes = Buffer.alloc(9, 'G');
    bytes.writeDoubleBE(value, 1);
    this.#parts.push(bytes);
  }

  #object(value: object): void {
    if (value instanceof PyFloat) this.#float(value.value);
    else if (value instanceof Uint8Array)
      this.#counted('B', Buffer.from(value.buffer, value.byteOffset, value.byteLength));
    else if (!this.#named(value)) this.#container(value);
  }

  /** Values that Python makes by calling a class. */
  #named(value: object): boolean {
    if (value instanceof Date) this.#datetime(value);
    else if (value instanceof PyDate) this.#call('datetime', 'date', [packedDate(value.toString())]);
    else if (value instanceof PyTime)
      this.#zoned('time', packedClock(value.toString()), value.offset === 'Z' ? '+00:00' : value.offset);
    else if (value instanceof PyTimeDelta)
      this.#call('datetime', 'timedelta', [value.days, value.seconds, value.microseconds]);
    else if (value instanceof Decimal) this.#call('decimal', 'Decimal', [value.toString()]);
    else if (value instanceof Uuid) this.#call('uuid', 'UUID', [value.hex]);
    else return false;
    return true;
  }

  #call(module: string, name: string, args: readonly unknown[]): void {
    this.#put(`c${module}\n${name}\n(`);
    for (const arg of args) this.value(arg);
    this.#put('tR');
  }

  #datetime(date: Date): void {
    const text = (date instanceof PyDateTime ? date.isoText : null) ?? formatInstant(date.getTime());
    const offset = date instanceof PyDateTime && date.isoText !== null ? date.offset : '+00:00';
    this.#zoned('datetime', Buffer.concat([packedDate(text), packedClock(text.slice(11))]), offset);
  }

  #zoned(name: string, packed: Buffer, offset: string | null): void {
    this.#put(`cdatetime\n${name}\n(`);
    this.value(packed);
    if (offset !== null) {
      const [hours = 0, minutes = 0] = offset.slice(1).split(':').map(Number);
      const seconds = (offset.startsWith('-') ? -1 : 1) * (hours * 3600 + minutes * 60);
      const days = Math.floor(seconds / 86_400);
      this.#put('cdatetime\ntimezone\n(');
      this.#call('datetime', 'timedelta', [days, seconds - days * 86_400, 0]);
      this.#put('tR');
    }
    this.#put('tR');
  }

  #container(value: object): void {
    if (this.#open.includes(value)) throw this.#error('the value contains itself');
    if (this.#open.length === DEFAULT_MESSAGE_LIMITS.maxDepth) {
      throw this.#error(`the value is nested deeper than ${String(DEFAULT_MESSAGE_LIMITS.maxDepth)}`);
    }
    this.#open.push(value);
    const { toJSON } = value as { toJSON?: unknown };
    if (typeof toJSON === 'function') this.value(toJSON.call(value, String(this.#path.at(-1) ?? '')));
    else if (Array.isArray(value)) this.#items('](', value, 'e');
    else if (value instanceof Set) this.#items('\x8f(', value, '\x90');
    else if (value instanceof Map) this.#table(value);
    else if (isOpaque(value)) throw this.#error(`${describe(value)} has no pickled form`);
    else this.#table(Object.entries(value));
    this.#open.pop();
  }

  #items(open: string, values: Iterable<unknown>, close: string): void {
    this.#put(open);
    let index = 0;
    for (const value of values) {
      this.#path.push(index++);
      this.value(value);
      this.#path.pop();
    }
    this.#put(close);
  }

  #table(entries: Iterable<readonly [unknown, unknown]>): void {
    this.#put('}(');
    for (const [key, value] of entries) {
      if (value === undefined) continue;
      if (typeof key === 'object' && key !== null && !(key instanceof Uuid) && !(key instanceof PyDate)) {
        throw this.#error('a key of a dict must be a text, a number or a date');
      }
      this.value(key);
      this.#path.push(typeof key === 'string' ? key : '?');
      this.value(value);
      this.#path.pop();
    }
    this.#put('u');
  }

  #error(what: string): EncodeError {
    const path = this.#path.map((step) => (typeof step === 'number' ? `[${String(step)}]` : `.${step}`)).join('');
    return new EncodeError(`cannot encode $${path} as pickle: ${what}`);
  }
}

/** `YYYY-MM-DD…` */
function packedDate(text: string): Buffer {
  const packed = Buffer.alloc(4);
  packed.writeUInt16BE(Number(text.slice(0, 4)));
  packed[2] = Number(text.slice(5, 7));
  packed[3] = Number(text.slice(8, 10));
  return packed;
}

/** `HH:MM:SS[.ffffff]…` */
function packedClock(text: string): Buffer {
  const packed = Buffer.alloc(6);
  for (const [i, at] of [0, 3, 6].entries()) packed[i] = Number(text.slice(at, at + 2));
  packed.writeUIntBE(text[8] === '.' ? Number(text.slice(9, 15)) : 0, 3, 3);
  return packed;
}
