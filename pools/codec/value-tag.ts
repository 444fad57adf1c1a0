/**
 * The form in which `ThreadPool.run()` carries small plain values. The first byte tells which of two forms it is:
 *
 *     0xff       output of v8.serialize, which starts so: everything that structured clone keeps
 *     a tag      our own form, below; several times faster for the small values that most calls carry
 *
 *     UNDEFINED NULL FALSE TRUE        tag
 *     INT                              tag, int32 little endian
 *     DOUBLE                           tag, float64 little endian
 *     ASCII, UTF16                     tag, uint32 length in bytes, bytes (UTF-16 keeps lone surrogates)
 *     BYTES                            tag, uint32 length, bytes
 *     ARRAY                            tag, uint8 count, values
 *     OBJECT                           tag, uint8 count, per field: uint8 length of the key, ASCII key, value
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
  V8: 0xff,
} as const;

/** Converts between a float64 and its bytes; single-threaded scratch space. */
export const doubleScratch = new Float64Array(1);
export const doubleBytes = new Uint8Array(doubleScratch.buffer);
