/**
 * The bytes of a pickle and the operations that only bring a value: constants, numbers, texts and bytes, of protocols 0
 * to 5 (NM-09). Called by pickle-reader.ts.
 */
import { ProtocolError } from '../kernel/errors.js';
import { decodeUtf8 } from './json-decode.js';
import { tooLongString, type MessageLimits } from './message-limits.js';

/** Longest integer in bytes: its digits cost their square. */
const MAX_INTEGER_BYTES = 1800;

export class PickleInput {
  readonly #bytes: Buffer;
  readonly #limits: MessageLimits;
  #at = 0;

  constructor(bytes: Buffer, limits: MessageLimits) {
    this.#bytes = bytes;
    this.#limits = limits;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** A view of the next bytes. */
  take(length: number): Buffer {
    if (length > this.#bytes.length - this.#at) throw badPickle('it is cut short');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  unsigned(length: number): number {
    return this.take(length).readUIntLE(0, length);
  }

  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end === -1) throw badPickle('it is cut short');
    if (end - this.#at > this.#limits.maxStringBytes) throw tooLongString(this.#limits);
    const line = this.take(end - this.#at).toString('latin1');
    this.#at++;
    return line;
  }

  /** Bytes behind their length, an unsigned number of `size` bytes. */
  counted(size: number): Buffer {
    const length = size === 8 ? Number(this.take(8).readBigUInt64LE()) : this.unsigned(size);
    if (length > this.#limits.maxStringBytes) throw tooLongString(this.#limits);
    return this.take(length);
  }
}

/** Operation → the value that it brings. A tuple is a list here, and a dict a Map until the end. */
export const VALUE_OPERATIONS: ReadonlyMap<number, (input: PickleInput) => unknown> = byCode<
  (input: PickleInput) => unknown
>([
  ['N', () => null],
  [0x88, () => true],
  [0x89, () => false],
  ['I', (input) => integerOfLine(input.line())],
  ['L', (input) => integerOfLine(input.line().replace(/L$/, ''))],
  ['J', (input) => input.take(4).readInt32LE()],
  ['K', (input) => input.unsigned(1)],
  ['M', (input) => input.unsigned(2)],
  [0x8a, (input) => integerOf(input.counted(1))],
  [0x8b, (input) => integerOf(input.counted(4))],
  ['F', (input) => floatOf(input.line())],
  ['G', (input) => input.take(8).readDoubleBE()],
  ['V', (input) => unescapeLine(input.line())],
  [0x8c, (input) => decodeUtf8(input.counted(1))],
  ['X', (input) => decodeUtf8(input.counted(4))],
  [0x8d, (input) => decodeUtf8(input.counted(8))],
  ['C', (input) => Buffer.from(input.counted(1))],
  ['B', (input) => Buffer.from(input.counted(4))],
  [0x8e, (input) => Buffer.from(input.counted(8))],
  [0x96, (input) => Buffer.from(input.counted(8))],
  [']', () => []],
  [')', () => []],
  ['}', () => new Map()],
  [0x8f, () => new Set()],
]);

/** A table of operations: a letter stands for its code. */
export function byCode<T>(
  entries: readonly (readonly [code: string | number, operation: T])[],
): ReadonlyMap<number, T> {
  return new Map(entries.map(([code, value]) => [typeof code === 'string' ? code.charCodeAt(0) : code, value]));
}

export function badPickle(what: string): ProtocolError {
  return new ProtocolError(`not a pickle that is read: ${what}`, { reason: 'undecodable' });
}

function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function integerOfLine(line: string): number | bigint | boolean {
  if (line === '00' || line === '01') return line === '01';
  if (!/^-?\d{1,4300}$/.test(line)) throw badPickle('a number is missing');
  return narrow(BigInt(line));
}

/** Two's complement, little endian. */
function integerOf(bytes: Buffer): number | bigint {
  if (bytes.length === 0) return 0;
  if (bytes.length > MAX_INTEGER_BYTES) throw badPickle('an integer is too long');
  const unsigned = BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
  return narrow(BigInt.asIntN(bytes.length * 8, unsigned));
}

const FLOAT_WORDS: ReadonlyMap<string, number> = new Map([
  ['nan', NaN],
  ['inf', Infinity],
  ['-inf', -Infinity],
]);

function floatOf(line: string): number {
  const value = FLOAT_WORDS.get(line) ?? (line === '' ? NaN : Number(line));
  if (Number.isNaN(value) && line !== 'nan') throw badPickle('a number is missing');
  return value;
}

/** Python's raw-unicode-escape: `\uXXXX` and `\UXXXXXXXX`, all else as it is. */
function unescapeLine(line: string): string {
  return line.replace(/\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})/g, (_match, short?: string, long?: string) => {
    const code = parseInt(short ?? long ?? '0', 16);
    if (code > 0x10ffff) throw badPickle('a text is not Unicode');
    return String.fromCodePoint(code);
  });
}
