/**
 * The form in which `ThreadPool.run()` carries plain values. The first byte tells which of two forms it is:
 *
 *     0xff       output of v8.serialize, which starts so: everything that structured clone keeps
 *     a tag      our own form, below; twice as fast for the plain data that most calls carry, and several times if small
 *
 *     UNDEFINED NULL FALSE TRUE        tag
 *     0x80 … 0xfe                      the integers 0 … 126
 *     INT                              tag, int32 little endian
 *     DOUBLE, DATE                     tag, float64 little endian
 *     SHORT_ASCII                      tag, uint8 length, bytes
 *     ASCII, UTF16                     tag, uint32 length in bytes, bytes (UTF-16 keeps lone surrogates)
 *     BYTES, BUFFER                    tag, uint32 length, bytes: a Uint8Array, a Buffer
 *     ARRAY                            tag, uint32 count, values
 *     OBJECT                           tag, uint8 count, per key: uint8 length, ASCII bytes; then the values
 *     SAME_KEYS                        tag, uint8 which of the first 256 OBJECTs had the same keys, values
 */
export const ValueTag = {
  UNDEFINED: 1,
  NULL: 2,
  FALSE: 3,
  TRUE: 4,
  INT: 5,
  DOUBLE: 6,
  ASCII: 7,
  UTF16: 8,
  BYTES: 9,
  ARRAY: 10,
  OBJECT: 11,
  SAME_KEYS: 12,
  SHORT_ASCII: 13,
  BUFFER: 14,
  DATE: 15,
  SMALL_INT: 0x80,
  V8: 0xff,
} as const;

/** Exclusive. */
export const SMALL_INT_END = ValueTag.V8 - ValueTag.SMALL_INT;
/** Sets of keys that SAME_KEYS can name. */
export const MAX_KEY_SETS = 256;

/** Converts between a float64 and its bytes; single-threaded scratch space. */
export const doubleScratch = new Float64Array(1);
export const doubleBytes = new Uint8Array(doubleScratch.buffer);
