/**
 * Port to one compression format (WIRE-30), chosen by the header `compression` (core/protocol/compression.ts), so that a
 * format can be added without touching a caller. Runs in clients and members.
 */
export interface Compression {
  /** Names in settings and calls; the first is the usual one. */
  readonly names: readonly string[];
  /** MIME type on the wire. */
  readonly contentType: string;
  /** The bytes belong to the caller. */
  compress(bytes: Uint8Array): Uint8Array;
  /**
   * @param maxBytes of output, at which it must stop without making more.
   * @throws ProtocolError when the bytes are not of this format or give more than `maxBytes`.
   */
  decompress(bytes: Uint8Array, maxBytes: number): Uint8Array;
}
