/**
 * Looks through MessagePack before anything is built from it: a header of five bytes may claim four thousand million
 * elements. Checks limits, that texts are UTF-8 and keys are texts, and refuses extension types, which Python's reader
 * has no values for (protocol.md §3.4). Called by msgpack-serializer.ts.
 */
import { isUtf8 } from 'node:buffer';
import { ProtocolError } from '../kernel/errors.js';
import { tooDeep, tooLongString, tooManyValues, type MessageLimits } from './message-limits.js';

/** Bytes behind the first one of 0xca to 0xd3: two floats, four unsigned, four signed integers. */
const NUMBER_BYTES = [4, 8, 1, 2, 4, 8, 1, 2, 4, 8];

/** nil, false, true. */
const CONSTANTS: ReadonlySet<number> = new Set([0xc0, 0xc2, 0xc3]);

/** @throws ProtocolError unless the bytes are exactly one value within the limits. */
export function scanMsgpack(bytes: Buffer, limits: MessageLimits): void {
  new Scan(bytes, limits).run();
}

class Scan {
  readonly #bytes: Buffer;
  readonly #limits: MessageLimits;
  #at = 0;
  #nodes = 1;
  /** Values that are still to come in each open container; of a mapping, keys and values, written as minus their number. */
  readonly #open: number[] = [];

  constructor(bytes: Buffer, limits: MessageLimits) {
    this.#bytes = bytes;
    this.#limits = limits;
  }

  run(): void {
    do {
      const left = this.#open.at(-1);
      const isKey = left !== undefined && left < 0 && left % 2 === 0;
      if (left !== undefined) this.#open[this.#open.length - 1] = left - Math.sign(left);
      this.#value(isKey);
      while (this.#open.at(-1) === 0) this.#open.pop();
    } while (this.#open.length > 0);
    if (this.#at !== this.#bytes.length) throw bad('data follows the value');
  }

  #value(isKey: boolean): void {
    const head = this.#take(1);
    const text = this.#textLength(head);
    if (text !== null) {
      this.#text(text);
      return;
    }
    if (isKey) throw bad('a key of a mapping is not a text');
    if (head <= 0x7f || head >= 0xe0 || CONSTANTS.has(head)) return;
    if (head <= 0x8f) this.#container(head - 0x80, true);
    else if (head <= 0x9f) this.#container(head - 0x90, false);
    else if (head >= 0xc4 && head <= 0xc6) this.#skip(this.#take(1 << (head - 0xc4)));
    else if (head >= 0xca && head <= 0xd3) this.#skip(NUMBER_BYTES[head - 0xca]!);
    else if (head >= 0xdc && head <= 0xdf) this.#container(this.#take(head % 2 === 0 ? 2 : 4), head >= 0xde);
    else throw bad(head === 0xc1 ? 'a byte that is never used' : 'extension types are not read');
  }

  /** null when no text begins with `head`. */
  #textLength(head: number): number | null {
    if (head >= 0xa0 && head <= 0xbf) return head - 0xa0;
    return head >= 0xd9 && head <= 0xdb ? this.#take(1 << (head - 0xd9)) : null;
  }

  #text(length: number): void {
    const start = this.#at;
    this.#skip(length);
    if (!isUtf8(this.#bytes.subarray(start, this.#at))) throw bad('a text is not UTF-8', 'bad-text');
  }

  #container(length: number, isMapping: boolean): void {
    this.#nodes += length;
    if (this.#nodes > this.#limits.maxNodes) throw tooManyValues(this.#limits);
    if (this.#open.length === this.#limits.maxDepth) throw tooDeep(this.#limits);
    this.#open.push(isMapping ? -2 * length : length);
  }

  #skip(length: number): void {
    if (length > this.#limits.maxStringBytes) throw tooLongString(this.#limits);
    if (this.#at + length > this.#bytes.length) throw bad('it is cut short');
    this.#at += length;
  }

  /** An unsigned number of 1, 2 or 4 bytes. */
  #take(length: number): number {
    if (this.#at + length > this.#bytes.length) throw bad('it is cut short');
    const value = this.#bytes.readUIntBE(this.#at, length);
    this.#at += length;
    return value;
  }
}

function bad(what: string, reason: 'undecodable' | 'bad-text' = 'undecodable'): ProtocolError {
  return new ProtocolError(`not MessagePack that is read: ${what}`, { reason });
}
