/**
 * Writes the plain form (value-tag.ts) of a value into a buffer that grows, one value at a time; value-encoder.ts decides
 * what becomes of the bytes. What the form cannot carry exactly as structured clone would (repeated references, holes,
 * prototypes, odd keys) is refused as a whole. Host and members. It keeps nothing of a value.
 */
import { isDate } from 'node:util/types';
import { KeySets } from './key-sets.js';
import { SeenContainers } from './seen-containers.js';
import { SMALL_INT_END, ValueTag, doubleBytes, doubleScratch } from './value-tag.js';

const FIRST_BYTES = 64 * 1024;
/** What the buffer keeps from one value to the next. */
const MAX_KEPT_BYTES = 2 ** 20;
/** Larger plain values are left to v8: a buffer that grows needs twice their memory. */
const MAX_PLAIN_BYTES = 64 * 2 ** 20;
const MAX_CONTAINERS = 500_000;
const MAX_DEPTH = 100;
/** Long arrays of numbers and texts are left to v8: to look for holes costs more than such an item. */
const MAX_SCALAR_ITEMS = 64;
const MAX_KEYS = 255;
const MAX_KEY_CHARS = 64;
const LOOP_CHARS = 48;

export class PlainWriter {
  buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);
  /** Bytes of the value that was written last. */
  length = 0;
  #depth = 0;
  readonly #seen = new SeenContainers();
  readonly #keySets = new KeySets();

  /** False when the value, or a part of it, does not fit the plain form. @throws what a getter of the value throws. */
  write(value: unknown): boolean {
    this.length = 0;
    if (typeof value !== 'object' || value === null) return this.#value(value);
    try {
      this.#depth = 0;
      return this.#value(value);
    } finally {
      // Also after a getter that threw.
      this.#seen.clear();
      this.#keySets.clear();
    }
  }

  /** To be called when the bytes have been copied: a large buffer is not kept. */
  rest(): void {
    if (this.buffer.length > MAX_KEPT_BYTES) this.buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);
  }

  #hasRoom(bytes: number): boolean {
    return this.length + bytes <= this.buffer.length || this.#grow(this.length + bytes);
  }

  #grow(neededBytes: number): boolean {
    if (neededBytes > MAX_PLAIN_BYTES) return false;
    const larger = Buffer.allocUnsafeSlow(Math.max(2 * this.buffer.length, neededBytes));
    larger.set(this.buffer.subarray(0, this.length));
    this.buffer = larger;
    return true;
  }

  #value(value: unknown): boolean {
    if (!this.#hasRoom(16)) return false;
    switch (typeof value) {
      case 'undefined':
        return this.#byte(ValueTag.UNDEFINED);
      case 'boolean':
        return this.#byte(value ? ValueTag.TRUE : ValueTag.FALSE);
      case 'number':
        return this.#number(value);
      case 'string':
        return this.#text(value);
      case 'object':
        return value === null ? this.#byte(ValueTag.NULL) : this.#container(value);
      default:
        return false;
    }
  }

  #byte(byte: number): boolean {
    this.buffer[this.length++] = byte;
    return true;
  }

  #number(value: number): boolean {
    const isInt = (value | 0) === value && (value !== 0 || 1 / value > 0);
    if (!isInt) return this.#double(ValueTag.DOUBLE, value);
    if (value >= 0 && value < SMALL_INT_END) return this.#byte(ValueTag.SMALL_INT + value);
    return this.#tagged(ValueTag.INT, value);
  }

  #double(tag: number, value: number): boolean {
    const { buffer } = this;
    const at = this.length;
    doubleScratch[0] = value;
    buffer[at] = tag;
    for (let i = 0; i < 8; i++) buffer[at + 1 + i] = doubleBytes[i]!;
    this.length = at + 9;
    return true;
  }

  /** A tag and four bytes. */
  #tagged(tag: number, value: number): boolean {
    const { buffer } = this;
    const at = this.length;
    buffer[at] = tag;
    buffer[at + 1] = value;
    buffer[at + 2] = value >>> 8;
    buffer[at + 3] = value >>> 16;
    buffer[at + 4] = value >>> 24;
    this.length = at + 5;
    return true;
  }

  #text(text: string): boolean {
    const { length } = text;
    if (length <= LOOP_CHARS && this.#shortText(text, ValueTag.SHORT_ASCII)) return true;
    if (!this.#hasRoom(5 + 3 * length)) return false;
    const { buffer } = this;
    const at = this.length + 5;
    const isAscii = buffer.write(text, at, 'utf8') === length;
    const bytes = isAscii ? length : buffer.write(text, at, 'utf16le');
    this.#tagged(isAscii ? ValueTag.ASCII : ValueTag.UTF16, bytes);
    this.length = at + bytes;
    return true;
  }

  /** A tag, where it is not 0, a length of one byte, and ASCII; false, and nothing is written, when it is none. */
  #shortText(text: string, tag: number): boolean {
    const { length } = text;
    if (!this.#hasRoom(2 + length)) return false;
    const { buffer } = this;
    let at = this.length;
    if (tag !== 0) buffer[at++] = tag;
    buffer[at++] = length;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > 127) return false;
      buffer[at++] = code;
    }
    this.length = at;
    return true;
  }

  #container(value: object): boolean {
    const seen = this.#seen;
    if (this.#depth === MAX_DEPTH || seen.size === MAX_CONTAINERS || !seen.add(value)) return false;
    this.#depth++;
    const isWritten = this.#contents(value);
    this.#depth--;
    return isWritten;
  }

  #contents(value: object): boolean {
    if (Array.isArray(value)) return this.#array(value);
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || prototype === null) return this.#object(value as Record<string, unknown>);
    if (isPlainBytes(value)) return this.#bytes(value);
    if (prototype !== Date.prototype || !isDate(value)) return false;
    return this.#double(ValueTag.DATE, value.getTime());
  }

  #array(items: readonly unknown[]): boolean {
    const { length } = items;
    if (length > MAX_SCALAR_ITEMS && typeof items[0] !== 'object') return false;
    // Holes and extra properties show in the number of keys: structured clone keeps both.
    if (Object.keys(items).length !== length) return false;
    this.#tagged(ValueTag.ARRAY, length);
    for (let i = 0; i < length; i++) if (!this.#value(items[i])) return false;
    return true;
  }

  #object(fields: Readonly<Record<string, unknown>>): boolean {
    const keys = Object.keys(fields);
    const { length } = keys;
    const number = this.#keySets.numberOf(keys);
    if (number >= 0) {
      this.#byte(ValueTag.SAME_KEYS);
      this.#byte(number);
    } else if (!this.#keys(keys)) return false;
    for (let i = 0; i < length; i++) if (!this.#value(fields[keys[i]!])) return false;
    return true;
  }

  #keys(keys: readonly string[]): boolean {
    if (keys.length > MAX_KEYS) return false;
    this.#byte(ValueTag.OBJECT);
    this.#byte(keys.length);
    for (const key of keys) {
      // Assigning `__proto__` on the other side would set the prototype.
      if (key.length > MAX_KEY_CHARS || key === '__proto__' || !this.#shortText(key, 0)) return false;
    }
    return true;
  }

  #bytes(value: Uint8Array): boolean {
    if (!this.#hasRoom(5 + value.length)) return false;
    this.#tagged(Buffer.isBuffer(value) ? ValueTag.BUFFER : ValueTag.BYTES, value.length);
    this.buffer.set(value, this.length);
    this.length += value.length;
    return true;
  }
}

/** A Uint8Array or Buffer over memory of its own; structured clone would share a SharedArrayBuffer, and so must v8. */
export function isPlainBytes(value: object): value is Uint8Array {
  if (!(value instanceof Uint8Array) || !(value.buffer instanceof ArrayBuffer)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Uint8Array.prototype || prototype === Buffer.prototype;
}
