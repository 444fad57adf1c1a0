/** Bytes → values: the counterpart of value-encoder.ts. What it answers shares no memory with bytes that others use. */
import { deserialize } from 'node:v8';
import { ProtocolError } from '../../core/kernel/errors.js';
import { BodyForm } from './body-form.js';
import { TextCache } from './text-cache.js';
import { MAX_KEY_SETS, ValueTag, doubleBytes, doubleScratch } from './value-tag.js';

/** A writer stops at 100. */
const MAX_DEPTH = 128;

export class ValueDecoder {
  /** Texts and keys seen before: a cached key is an internalized string, so objects get their hidden class at once. */
  readonly #keys = new TextCache(512);
  readonly #texts = new TextCache(1024);
  readonly #keySets: (readonly string[])[] = [];
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  #end = 0;
  #depth = 0;

  /**
   * Bytes that are all of an ArrayBuffer become part of the value where that spares a copy: nobody else may use them.
   * @throws ProtocolError when the bytes are no value.
   */
  decode(bytes: Buffer, start: number, end: number, form: BodyForm = BodyForm.VALUE): unknown {
    if (form !== BodyForm.VALUE) return ownBytes(bytes, start, end, form);
    if (bytes[start] === ValueTag.V8) return deserialize(ownBytes(bytes, start, end, BodyForm.BUFFER));
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
    this.#depth = 0;
    if (this.#keySets.length > 0) this.#keySets.length = 0;
    return this.#read();
  }

  #read(): unknown {
    const tag = this.#byte();
    // The last one is V8's, which stands only at the start of a value.
    if (tag >= ValueTag.SMALL_INT && tag < ValueTag.V8) return tag - ValueTag.SMALL_INT;
    switch (tag) {
      case ValueTag.UNDEFINED:
        return undefined;
      case ValueTag.NULL:
        return null;
      case ValueTag.FALSE:
        return false;
      case ValueTag.TRUE:
        return true;
      case ValueTag.INT:
        return this.#uint32() | 0;
      case ValueTag.DOUBLE:
        return this.#double();
      case ValueTag.SHORT_ASCII:
        return this.#shortText(this.#texts);
      case ValueTag.ASCII:
        return this.#text('latin1');
      case ValueTag.UTF16:
        return this.#text('utf16le');
      case ValueTag.DATE:
        return new Date(this.#double());
      case ValueTag.BYTES:
        return this.#copy(BodyForm.BYTES);
      case ValueTag.BUFFER:
        return this.#copy(BodyForm.BUFFER);
      default:
        return this.#container(tag);
    }
  }

  #container(tag: number): unknown {
    if (++this.#depth > MAX_DEPTH) throw new ProtocolError('a value is nested too deep');
    let container: unknown;
    if (tag === ValueTag.ARRAY) container = this.#array();
    else if (tag === ValueTag.SAME_KEYS) container = this.#fields(this.#keySets[this.#byte()]);
    else if (tag === ValueTag.OBJECT) container = this.#fields(this.#newKeys());
    else throw new ProtocolError('bytes of a value start with no known tag');
    this.#depth--;
    return container;
  }

  #byte(): number {
    if (this.#at >= this.#end) throw new ProtocolError('bytes of a value end too early');
    return this.#bytes[this.#at++]!;
  }

  #uint32(): number {
    const bytes = this.#bytes;
    const at = this.#take(4);
    return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
  }

  #double(): number {
    const at = this.#take(8);
    for (let i = 0; i < 8; i++) doubleBytes[i] = this.#bytes[at + i]!;
    return doubleScratch[0]!;
  }

  #text(encoding: 'latin1' | 'utf16le'): string {
    const length = this.#uint32();
    const at = this.#take(length);
    return this.#bytes.toString(encoding, at, at + length);
  }

  #shortText(cache: TextCache): string {
    const length = this.#byte();
    return length === 0 ? '' : cache.read(this.#bytes, this.#take(length), length);
  }

  #copy(form: BodyForm): Uint8Array {
    const length = this.#uint32();
    const at = this.#take(length);
    return copyOf(this.#bytes, at, at + length, form);
  }

  #array(): unknown[] {
    const items: unknown[] = [];
    for (let count = this.#uint32(); count > 0; count--) items.push(this.#read());
    return items;
  }

  #newKeys(): readonly string[] {
    const count = this.#byte();
    const keys: string[] = [];
    for (let i = 0; i < count; i++) keys.push(this.#shortText(this.#keys));
    if (this.#keySets.length < MAX_KEY_SETS) this.#keySets.push(keys);
    return keys;
  }

  #fields(keys: readonly string[] | undefined): Record<string, unknown> {
    if (keys === undefined) throw new ProtocolError('a value names keys that it does not have');
    const fields: Record<string, unknown> = {};
    for (let i = 0; i < keys.length; i++) fields[keys[i]!] = this.#read();
    return fields;
  }

  /** Answers where the next `length` bytes start and steps over them. */
  #take(length: number): number {
    const at = this.#at;
    if (at + length > this.#end) throw new ProtocolError('bytes of a value end too early');
    this.#at = at + length;
    return at;
  }
}

/**
 * Bytes that are nobody else's: what came out of band is all of an ArrayBuffer and ours alone; all else is copied, and not
 * into the pool of small buffers, since v8 makes typed arrays as views of what it reads.
 */
function ownBytes(bytes: Buffer, start: number, end: number, form: BodyForm): Uint8Array {
  const { buffer } = bytes;
  if (start !== 0 || !(buffer instanceof ArrayBuffer) || buffer.byteLength !== end)
    return copyOf(bytes, start, end, form);
  return form === BodyForm.BUFFER ? bytes : new Uint8Array(buffer);
}

function copyOf(bytes: Buffer, start: number, end: number, form: BodyForm): Uint8Array {
  const copy = Buffer.allocUnsafeSlow(end - start);
  copy.set(bytes.subarray(start, end));
  return form === BodyForm.BUFFER ? copy : new Uint8Array(copy.buffer);
}
