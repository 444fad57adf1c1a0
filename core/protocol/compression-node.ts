/**
 * The compressions that Node's own zlib has (WIRE-30). `gzip` is Celery's name for a **zlib stream** (RFC 1950), which no
 * gunzip reads (protocol.md §0 rule 5). Called by compression.ts.
 */
import { brotliCompressSync, brotliDecompressSync, deflateSync, inflateSync, type ZlibOptions } from 'node:zlib';
import { ProtocolError } from '../kernel/errors.js';
import type { Compression } from '../ports/compression.js';

export const zlibCompression: Compression = {
  names: ['zlib', 'gzip'],
  contentType: 'application/x-gzip',
  compress: (bytes) => deflateSync(bytes),
  decompress: (bytes, maxBytes) =>
    inflateAll('zlib', bytes, () => inflateSync(bytes, { maxOutputLength: maxBytes, info: true })),
};

export const brotliCompression: Compression = {
  names: ['brotli', 'br'],
  contentType: 'application/x-brotli',
  compress: (bytes) => brotliCompressSync(bytes),
  decompress: (bytes, maxBytes) =>
    inflateAll('brotli', bytes, () => {
      // The types know `info` for zlib only.
      const options: ZlibOptions = { maxOutputLength: maxBytes, info: true };
      return brotliDecompressSync(bytes, options);
    }),
};

/** What zlib's functions give with `info`, which their types do not say. */
interface InflatedWithInfo {
  readonly buffer: Buffer;
  /** `bytesWritten` to the engine: the input that it used. */
  readonly engine: { readonly bytesWritten: number };
}

/**
 * One stream and nothing behind it: what follows would be carried unseen.
 * @throws ProtocolError
 */
export function inflateAll(format: string, bytes: Uint8Array, inflate: () => unknown): Uint8Array {
  let inflated: InflatedWithInfo;
  try {
    inflated = inflate() as InflatedWithInfo;
  } catch (error) {
    throw inflateError(format, error);
  }
  if (inflated.engine.bytesWritten !== bytes.length) throw badStream(format, 'data follows the end of the stream');
  return inflated.buffer;
}

function inflateError(format: string, error: unknown): ProtocolError {
  if (error instanceof RangeError) {
    return new ProtocolError(`${format} body decompresses to more than the limit`, {
      reason: 'too-large',
      cause: error,
    });
  }
  return badStream(format, error instanceof Error ? error.message : 'no such stream', error);
}

/** The bytes are not a stream of the format. */
export function badStream(format: string, what: string, cause?: unknown): ProtocolError {
  return new ProtocolError(`body is not a ${format} stream: ${what}`, { reason: 'bad-compression', cause });
}
