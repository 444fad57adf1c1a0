/** Body of the task `quickstart.compress`: the digest of a file, and what brotli makes of it. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { brotliCompressSync, constants } from 'node:zlib';

export interface FileReport {
  readonly sha256: string;
  readonly bytes: number;
  readonly compressedBytes: number;
}

/** Synchronous on purpose: libuv's own threads must not help, the members are the ones that work. */
export function compressFile(path: string): FileReport {
  const data = readFileSync(path);
  const compressed = brotliCompressSync(data, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 6, [constants.BROTLI_PARAM_SIZE_HINT]: data.length },
  });
  return {
    sha256: createHash('sha256').update(data).digest('hex'),
    bytes: data.length,
    compressedBytes: compressed.length,
  };
}
