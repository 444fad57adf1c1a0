/**
 * lzma, which is an .xz container (WIRE-30, protocol.md §3.3), read by the package `@napi-rs/lzma` and not written: what
 * that package writes is stored, not compressed. Called by compression.ts.
 */
import type * as Lzma from '@napi-rs/lzma';
import { ConfigError } from '../kernel/errors.js';
import type { Compression } from '../ports/compression.js';
import { badStream } from './compression-node.js';
import { loadOptional } from './optional-package.js';
import { checkXzSize } from './xz-size.js';

export const xzCompression: Compression = {
  names: ['lzma', 'xz'],
  contentType: 'application/x-lzma',
  compress: () => {
    throw new ConfigError('lzma is read, not written: no maintained package writes it; use zlib, brotli or zstd');
  },
  decompress: (bytes, maxBytes) => {
    // The package knows no limit, so the sizes are read out of the stream beforehand.
    checkXzSize(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), maxBytes);
    const { xz } = loadOptional('@napi-rs/lzma', 'reading lzma') as typeof Lzma;
    try {
      return xz.decompressSync(bytes);
    } catch (error) {
      throw badStream('xz', 'the stream is damaged', error);
    }
  },
};
