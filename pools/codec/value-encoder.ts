/**
 * Values → bytes, for `ThreadPool.run()` on the host and its program inside a member. What the plain form cannot carry
 * (plain-writer.ts) goes to V8's serializer whole (clone-serializer.ts), what that cannot is left to the caller. Bytes as a whole value are bare: the other side takes a buffer that came
 * out of band as its value, without a copy. Short values are written into slabs that nobody writes twice, so they stay
 * valid as long as anyone holds the slab.
 */
import { BodyForm, type BodyForm as Form } from './body-form.js';
import { serializeClone } from './clone-serializer.js';
import { PlainWriter, isPlainBytes } from './plain-writer.js';
import type { SpareBuffers } from './spare-buffers.js';

const SLAB_BYTES = 64 * 1024;
/** Longer values get a buffer of their own: below it a value is copied into a ring anyway. */
const MAX_SLAB_VALUE_BYTES = 16 * 1024;
/** Below it `TypedArray.set` with its `subarray` costs more than the bytes. */
const LOOP_BYTES = 64;

export class ValueEncoder {
  /** The bytes of the last value are `buffer[start, end)`. */
  buffer: Buffer = Buffer.allocUnsafeSlow(SLAB_BYTES);
  start = 0;
  end = 0;
  /** What the bytes are. */
  form: Form = BodyForm.VALUE;
  /** `buffer` is all of an ArrayBuffer that holds nothing but the last value, a large one: it may be given away. */
  isOwnBuffer = false;
  /** `buffer` came from the spares, and is to be given back to them. */
  isSpare = false;

  #slab = this.buffer;
  #slabEnd = 0;
  readonly #writer = new PlainWriter();
  readonly #spares: SpareBuffers | null;

  /** @param spares for large values, where who gets them only reads them */
  constructor(spares: SpareBuffers | null = null) {
    this.#spares = spares;
  }

  /**
   * False when bytes cannot carry the value, since it holds shared memory: it has to go as a message (parcel.ts).
   * @param mayBorrow short bytes may stay where the value has them: they are read before its owner goes on.
   * @throws DataCloneError for a value that cannot be cloned, a function for example.
   */
  encode(value: unknown, mayBorrow = false): boolean {
    this.form = BodyForm.VALUE;
    this.isSpare = false;
    if (typeof value === 'object' && value !== null && isPlainBytes(value)) {
      this.#encodeBytes(value, mayBorrow);
      return true;
    }
    const writer = this.#writer;
    if (writer.write(value)) {
      this.#keep(writer.buffer, writer.length);
      writer.rest();
      return true;
    }
    const bytes = serializeClone(value);
    if (bytes !== null) this.#own(bytes);
    return bytes !== null;
  }

  #encodeBytes(value: Uint8Array, mayBorrow: boolean): void {
    this.form = Buffer.isBuffer(value) ? BodyForm.BUFFER : BodyForm.BYTES;
    if (!mayBorrow || value.length > MAX_SLAB_VALUE_BYTES) {
      this.#keep(value, value.length);
      return;
    }
    this.buffer = Buffer.from(value.buffer, value.byteOffset, value.length);
    this.start = 0;
    this.end = value.length;
    this.isOwnBuffer = false;
  }

  /** Copies the first bytes of `source`. */
  #keep(source: Uint8Array, length: number): void {
    if (length > MAX_SLAB_VALUE_BYTES) {
      const buffer = this.#spares?.take(length) ?? Buffer.allocUnsafeSlow(length);
      buffer.set(source.subarray(0, length));
      this.#own(buffer, length);
      this.isSpare = this.#spares !== null;
      return;
    }
    if (this.#slabEnd + length > SLAB_BYTES) {
      this.#slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
      this.#slabEnd = 0;
    }
    copyFirst(source, length, this.#slab, this.#slabEnd);
    this.buffer = this.#slab;
    this.isOwnBuffer = false;
    this.start = this.#slabEnd;
    this.end = this.#slabEnd += length;
  }

  #own(buffer: Buffer, length = buffer.length): void {
    this.buffer = buffer;
    this.start = 0;
    this.end = length;
    this.isOwnBuffer = length > MAX_SLAB_VALUE_BYTES && length === buffer.buffer.byteLength;
  }
}

function copyFirst(source: Uint8Array, length: number, target: Uint8Array, at: number): void {
  if (length >= LOOP_BYTES) target.set(source.subarray(0, length), at);
  else for (let i = 0; i < length; i++) target[at + i] = source[i]!;
}
