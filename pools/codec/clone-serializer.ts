/**
 * `v8.serialize` for values that the plain form cannot carry, with two answers of structured clone that it lacks: what
 * cannot be cloned is a DataCloneError, and shared memory is met, not copied. Bytes cannot carry shared memory: whoever
 * gets false sends the value as a message (parcel.ts). Host and members.
 */
import { DefaultSerializer } from 'node:v8';

/** Thrown through V8 when it meets shared memory. */
const SHARED = new Error('a value holds shared memory');

/** The hooks that V8 calls, as Node documents them; its types leave them out. */
interface Hooks {
  _getDataCloneError(message: string): Error;
  _getSharedArrayBufferId(memory: SharedArrayBuffer): number;
  _writeHostObject(object: object): void;
}

const defaults = DefaultSerializer.prototype as unknown as Pick<Hooks, '_writeHostObject'>;

class CloneSerializer extends DefaultSerializer {}

Object.assign(CloneSerializer.prototype, {
  // No arrow and no method: Node calls it with `new`, V8 without.
  _getDataCloneError: function (message: string): Error {
    return new DOMException(message, 'DataCloneError');
  },
  _getSharedArrayBufferId(): number {
    throw SHARED;
  },
  /** Views come here and not with their buffer: of shared memory they would be copied. */
  _writeHostObject(this: DefaultSerializer, object: object): void {
    if (ArrayBuffer.isView(object) && object.buffer instanceof SharedArrayBuffer) throw SHARED;
    defaults._writeHostObject.call(this, object);
  },
} satisfies Hooks);

/**
 * Null when the value holds shared memory.
 * @throws DataCloneError for what cannot be cloned; what a getter of the value throws.
 */
export function serializeClone(value: unknown): Buffer | null {
  const serializer = new CloneSerializer();
  try {
    serializer.writeHeader();
    serializer.writeValue(value);
  } catch (error) {
    if (error === SHARED) return null;
    throw error;
  }
  return serializer.releaseBuffer();
}
