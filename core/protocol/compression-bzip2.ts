/** bzip2 (WIRE-30), read by the package `seek-bzip` and not written. Called by compression.ts. */
import { ConfigError, ProtocolError } from '../kernel/errors.js';
import type { Compression } from '../ports/compression.js';
import { badStream } from './compression-node.js';
import { loadOptional } from './optional-package.js';

interface SeekBzip {
  decode(input: Uint8Array, output: { writeByte(byte: number): void }): void;
}

export const bzip2Compression: Compression = {
  names: ['bzip2', 'bzip', 'bz2'],
  contentType: 'application/x-bz2',
  compress: () => {
    throw new ConfigError('bzip2 is read, not written: no maintained package writes it; use zlib, brotli or zstd');
  },
  decompress: (bytes, maxBytes) => {
    const bzip2 = loadOptional('seek-bzip', 'reading bzip2') as SeekBzip;
    const sink = new Sink(maxBytes);
    try {
      bzip2.decode(bytes, sink);
    } catch (error) {
      throw error instanceof ProtocolError ? error : badStream('bzip2', 'the stream is damaged', error);
    }
    return sink.bytes();
  },
};

/** Grows with what is written, and stops the writer at the limit. */
class Sink {
  readonly #maxBytes: number;
  #buffer = Buffer.allocUnsafe(64 * 1024);
  #length = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  writeByte(byte: number): void {
    if (this.#length === this.#maxBytes) {
      throw new ProtocolError('bzip2 body decompresses to more than the limit', { reason: 'too-large' });
    }
    if (this.#length === this.#buffer.length) {
      const larger = Buffer.allocUnsafe(this.#length * 2);
      this.#buffer.copy(larger);
      this.#buffer = larger;
    }
    this.#buffer[this.#length++] = byte;
  }

  bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }
}
