/**
 * Values → bytes, for `ThreadPool.run()` on the host and its program inside a member. What the plain form cannot carry
 * exactly as structured clone would (repeated references, holes, prototypes, large things) goes to `v8.serialize` whole.
 * Bytes are written into slabs that nobody writes twice, so they stay valid as long as anyone holds the slab.
 */
import { serialize } from 'node:v8';
import { ValueTag, doubleBytes, doubleScratch } from './value-tag.js';

const SLAB_BYTES = 64 * 1024;
/** Largest plain value; beyond it v8 is faster too. */
const MAX_PLAIN_BYTES = 2048;
/** Most arrays and objects of a plain value: each is compared with those before it, to find repeated references. */
const MAX_CONTAINERS = 16;
const MAX_ITEMS = 64;
const MAX_KEY_CHARS = 64;
const LOOP_CHARS = 48;
/** Below it a value is copied into a ring anyway. */
const MIN_OWN_BYTES = 16 * 1024;

export class ValueEncoder {
  /** The bytes of the last value are `buffer[start, end)`. */
  buffer: Buffer = Buffer.allocUnsafeSlow(SLAB_BYTES);
  start = 0;
  end = 0;
  /** `buffer` is all of an ArrayBuffer that holds nothing but the last value, a large one: it may be given away. */
  isOwnBuffer = false;

  #slab = this.buffer;
  #slabEnd = 0;
  #at = 0;
  #limit = 0;
  readonly #containers: object[] = [];

  /** @throws DataCloneError for a value that cannot be cloned, a function for example. */
  encode(value: unknown): void {
    if (this.#slabEnd + MAX_PLAIN_BYTES > SLAB_BYTES) {
      this.#slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
      this.#slabEnd = 0;
    }
    this.#at = this.#slabEnd;
    this.#limit = this.#slabEnd + MAX_PLAIN_BYTES;
    let isPlain: boolean;
    try {
      isPlain = this.#write(value);
    } finally {
      // Also after a getter that threw.
      this.#containers.length = 0;
    }
    if (!isPlain) {
      this.#encodeWhole(value);
      return;
    }
    this.buffer = this.#slab;
    this.isOwnBuffer = false;
    this.start = this.#slabEnd;
    this.end = this.#at;
    this.#slabEnd = this.#at;
  }

  #encodeWhole(value: unknown): void {
    if (isPlainBytes(value)) {
      this.buffer = Buffer.allocUnsafeSlow(5 + value.length);
      this.buffer[0] = ValueTag.BYTES;
      this.buffer.writeUInt32LE(value.length, 1);
      this.buffer.set(value, 5);
    } else this.buffer = serialize(value);
    this.start = 0;
    this.end = this.buffer.length;
    this.isOwnBuffer = this.end > MIN_OWN_BYTES && this.end === this.buffer.buffer.byteLength;
  }

  /** False when the value, or a part of it, does not fit the plain form. */
  #write(value: unknown): boolean {
    if (this.#at + 16 > this.#limit) return false;
    switch (typeof value) {
      case 'undefined':
        return this.#tag(ValueTag.UNDEFINED);
      case 'boolean':
        return this.#tag(value ? ValueTag.TRUE : ValueTag.FALSE);
      case 'number':
        return this.#number(value);
      case 'string':
        return this.#text(value);
      case 'object':
        return value === null ? this.#tag(ValueTag.NULL) : this.#container(value);
      default:
        return false;
    }
  }

  #tag(tag: number): boolean {
    this.#slab[this.#at++] = tag;
    return true;
  }

  #number(value: number): boolean {
    const isInt = (value | 0) === value && (value !== 0 || 1 / value > 0);
    this.#tag(isInt ? ValueTag.INT : ValueTag.DOUBLE);
    if (isInt) return this.#uint32(value);
    doubleScratch[0] = value;
    for (let i = 0; i < 8; i++) this.#slab[this.#at++] = doubleBytes[i]!;
    return true;
  }

  #uint32(value: number): boolean {
    const slab = this.#slab;
    slab[this.#at++] = value;
    slab[this.#at++] = value >>> 8;
    slab[this.#at++] = value >>> 16;
    slab[this.#at++] = value >>> 24;
    return true;
  }

  #text(text: string): boolean {
    if (this.#at + 5 + text.length * 3 > this.#limit) return false;
    const startAt = this.#at;
    this.#at += 5;
    let isAscii: boolean;
    if (text.length <= LOOP_CHARS) isAscii = this.#asciiChars(text);
    else {
      isAscii = this.#slab.write(text, this.#at, 'utf8') === text.length;
      this.#at += text.length;
    }
    if (!isAscii) this.#at = startAt + 5 + this.#slab.write(text, startAt + 5, 'utf16le');
    const endAt = this.#at;
    this.#at = startAt;
    this.#tag(isAscii ? ValueTag.ASCII : ValueTag.UTF16);
    this.#uint32(endAt - startAt - 5);
    this.#at = endAt;
    return true;
  }

  /** Writes the characters; false when one is not ASCII. */
  #asciiChars(text: string): boolean {
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code > 127) return false;
      this.#slab[this.#at++] = code;
    }
    return true;
  }

  #container(value: object): boolean {
    if (this.#containers.length === MAX_CONTAINERS || this.#containers.includes(value)) return false;
    this.#containers.push(value);
    if (Array.isArray(value)) return this.#array(value);
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || prototype === null) return this.#object(value as Record<string, unknown>);
    return isPlainBytes(value) && this.#bytes(value);
  }

  #array(items: readonly unknown[]): boolean {
    // Holes and extra properties show in the number of keys: structured clone keeps both.
    if (items.length > MAX_ITEMS || Object.keys(items).length !== items.length) return false;
    this.#tag(ValueTag.ARRAY);
    this.#tag(items.length);
    for (const item of items) if (!this.#write(item)) return false;
    return true;
  }

  #object(fields: Readonly<Record<string, unknown>>): boolean {
    const keys = Object.keys(fields);
    if (keys.length > MAX_ITEMS) return false;
    this.#tag(ValueTag.OBJECT);
    this.#tag(keys.length);
    for (const key of keys) if (!this.#key(key) || !this.#write(fields[key])) return false;
    return true;
  }

  #key(key: string): boolean {
    // Assigning `__proto__` on the other side would set the prototype.
    if (key.length > MAX_KEY_CHARS || key === '__proto__' || this.#at + 1 + key.length > this.#limit) return false;
    this.#tag(key.length);
    return this.#asciiChars(key);
  }

  #bytes(value: Uint8Array): boolean {
    if (this.#at + 5 + value.length > this.#limit) return false;
    this.#tag(ValueTag.BYTES);
    this.#uint32(value.length);
    this.#slab.set(value, this.#at);
    this.#at += value.length;
    return true;
  }
}

/** A Uint8Array over memory of its own; structured clone would share a SharedArrayBuffer, and so must v8. */
function isPlainBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array && value.constructor === Uint8Array && value.buffer instanceof ArrayBuffer;
}
