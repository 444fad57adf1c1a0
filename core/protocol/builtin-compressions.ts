/**
 * The compressions that come with celeriac. Loaded as one by compression.ts for the first compressed message, with Node's
 * zlib behind it: hardly any program has one, and each would pay for it at its start.
 */
import type { Compression } from '../ports/compression.js';
import { bzip2Compression } from './compression-bzip2.js';
import { brotliCompression, zlibCompression } from './compression-node.js';
import { xzCompression } from './compression-xz.js';
import { zstdCompression } from './compression-zstd.js';

export const BUILTIN_COMPRESSIONS: readonly Compression[] = [
  zlibCompression,
  brotliCompression,
  zstdCompression,
  bzip2Compression,
  xzCompression,
];
