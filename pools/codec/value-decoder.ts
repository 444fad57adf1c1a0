/** Bytes → values: the counterpart of value-encoder.ts. What it answers shares no memory with the bytes. */
import { deserialize } from 'node:v8';
import { ProtocolError } from '../../core/kernel/errors.js';
import { ValueTag, doubleBytes, doubleScratch } from './value-tag.js';

const KEY_CACHE_SIZE = 512;

export class ValueDecoder {
  /** Keys seen before, by hash: a cached key is an internalized string, so objects get their hidden class at once. */
  readonly #keys: string[] = new Array<string>(KEY_CACHE_SIZE).fill('');
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  #end = 0;

  /** @throws ProtocolError when the bytes are no value. */
  decode(bytes: Buffer, start: number, end: number): unknown {
    if (bytes[start] === ValueTag.V8) return deserialize(ownBytes(bytes, start, end));
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
    return this.#read();
  }

  #read(): unknown {
    switch (this.#byte()) {
      case ValueTag.UNDEFINED:
        return undefined;
      case ValueTag.NULL:
        return null;
      case ValueTag.FALSE:
        return false;
      case ValueTag.TRUE:
        return true;
      case ValueTag.INT:
        return this.#int32();
      case ValueTag.DOUBLE:
        return this.#double();
      case ValueTag.ASCII:
        return this.#text('latin1');
      case ValueTag.UTF16:
        return this.#text('utf16le');
      case ValueTag.BYTES:
        return this.#copy();
      case ValueTag.ARRAY:
        return this.#array();
      case ValueTag.OBJECT:
        return this.#object();
      default:
        throw new ProtocolError('bytes of a value start with no known tag');
    }
  }

  #byte(): number {
    if (this.#at >= this.#end) throw new ProtocolError('bytes of a value end too early');
    return this.#bytes[this.#at++]!;
  }

  #int32(): number {
    const bytes = this.#bytes;
    const at = this.#take(4);
    return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
  }

  #double(): number {
    const at = this.#take(8);
    for (let i = 0; i < 8; i++) doubleBytes[i] = this.#bytes[at + i]!;
    return doubleScratch[0]!;
  }

  #text(encoding: 'latin1' | 'utf16le'): string {
    const length = this.#int32();
    const at = this.#take(length);
    return length === 0 ? '' : this.#bytes.toString(encoding, at, at + length);
  }

  #copy(): Uint8Array {
    // A length of four bytes: beyond 2 GiB it would be negative as a signed number.
    const length = this.#int32() >>> 0;
    const at = this.#take(length);
    const copy = new Uint8Array(length);
    copy.set(this.#bytes.subarray(at, at + length));
    return copy;
  }

  #array(): unknown[] {
    const items: unknown[] = [];
    for (let count = this.#byte(); count > 0; count--) items.push(this.#read());
    return items;
  }

  #object(): Record<string, unknown> {
    const fields: Record<string, unknown> = {};
    for (let count = this.#byte(); count > 0; count--) {
      const key = this.#key();
      fields[key] = this.#read();
    }
    return fields;
  }

  #key(): string {
    const length = this.#byte();
    const at = this.#take(length);
    let hash = length;
    for (let i = 0; i < length; i++) hash = (Math.imul(hash, 31) + this.#bytes[at + i]!) | 0;
    const index = hash & (KEY_CACHE_SIZE - 1);
    const cached = this.#keys[index]!;
    if (this.#isTextAt(cached, at, length)) return cached;
    const key = this.#bytes.toString('latin1', at, at + length);
    this.#keys[index] = key;
    return key;
  }

  #isTextAt(text: string, at: number, length: number): boolean {
    if (text.length !== length) return false;
    for (let i = 0; i < length; i++) if (text.charCodeAt(i) !== this.#bytes[at + i]) return false;
    return true;
  }

  /** Answers where the next `length` bytes start and steps over them. */
  #take(length: number): number {
    const at = this.#at;
    if (length < 0 || at + length > this.#end) throw new ProtocolError('bytes of a value end too early');
    this.#at = at + length;
    return at;
  }
}

/**
 * v8 makes typed arrays as views of what it reads, so it gets bytes that are nobody else's: a copy, not from the pool of
 * small buffers, or what came out of band, which is all of an ArrayBuffer and ours alone.
 */
function ownBytes(bytes: Buffer, start: number, end: number): Buffer {
  const { buffer } = bytes;
  if (start === 0 && buffer instanceof ArrayBuffer && buffer.byteLength === end) return bytes;
  const copy = Buffer.allocUnsafeSlow(end - start);
  copy.set(bytes.subarray(start, end));
  return copy;
}
