/**
 * Zstandard (WIRE-30): by Node's own zlib from 22.15 on, before that read by the package `fzstd` and not written. Called by
 * compression.ts.
 */
import * as zlib from 'node:zlib';
import type * as Fzstd from 'fzstd';
import { ConfigError, ProtocolError } from '../kernel/errors.js';
import type { Compression } from '../ports/compression.js';
import { badStream, inflateAll } from './compression-node.js';
import { loadOptional } from './optional-package.js';

/** What newer versions of Node add to zlib, which the types of the oldest that we support do not know. */
interface NewerZlib {
  readonly zstdCompressSync?: (bytes: Uint8Array, options: { readonly pledgedSrcSize: number }) => Buffer;
  readonly zstdDecompressSync?: (bytes: Uint8Array, options: object) => unknown;
}

const { zstdCompressSync, zstdDecompressSync }: NewerZlib = zlib as NewerZlib;

const MAGIC = 0xfd2fb528;

/** Largest window, in bytes, that a reader makes room for: what `zstd --ultra` needs less would not be a message's. */
const MAX_WINDOW = 8 * 1024 * 1024;

/** Bytes that the package may move in all, a second or two: full blocks of the largest message are an eighth of it. */
const MAX_MOVED = 2 ** 33;

export const zstdCompression: Compression = {
  names: ['zstd', 'zstandard'],
  contentType: 'application/zstd',
  compress: (bytes) => {
    if (zstdCompressSync === undefined) {
      throw new ConfigError('writing zstd needs Node 22.15 or newer; use zlib or brotli (WIRE-30)');
    }
    // kombu before 5.6 reads the size of the content out of the frame.
    return zstdCompressSync(bytes, { pledgedSrcSize: bytes.length });
  },
  decompress: (bytes, maxBytes) =>
    zstdDecompressSync === undefined
      ? decompressByPackage(bytes, maxBytes)
      : inflateAll('zstd', bytes, () => zstdDecompressSync(bytes, { maxOutputLength: maxBytes, info: true })),
};

/** @throws ProtocolError also for a frame that would make the package reserve more than `maxBytes`. */
function decompressByPackage(bytes: Uint8Array, maxBytes: number): Uint8Array {
  checkFrame(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), Math.max(maxBytes, MAX_WINDOW));
  const { Decompress } = loadOptional('fzstd', 'reading zstd on this version of Node') as typeof Fzstd;
  const chunks: Uint8Array[] = [];
  let size = 0;
  let isWhole = false;
  const stream = new Decompress((chunk, isFinal) => {
    size += chunk.length;
    if (size > maxBytes) throw tooMuch();
    chunks.push(chunk);
    isWhole ||= isFinal === true;
  });
  try {
    stream.push(bytes, true);
  } catch (error) {
    throw error instanceof ProtocolError ? error : badStream('zstd', 'the frame is damaged', error);
  }
  if (!isWhole) throw badStream('zstd', 'it is cut short');
  return Buffer.concat(chunks);
}

function tooMuch(): ProtocolError {
  return new ProtocolError('zstd body decompresses to more than the limit', { reason: 'too-large' });
}

/**
 * One frame (RFC 8878 §3.1.1) and nothing behind it: of a second one the package would believe any size. It reserves the size
 * of the content, or else the window, and moves all of that for each block.
 */
function checkFrame(bytes: Buffer, maxReserved: number): void {
  if (bytes.length < 6 || bytes.readUInt32LE(0) !== MAGIC) throw badStream('zstd', 'it has no frame');
  const descriptor = bytes.readUInt8(4);
  const isSingle = (descriptor & 0x20) !== 0;
  const sizeBytes = [isSingle ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 8;
  const at = (isSingle ? 5 : 6) + ([0, 1, 2, 4][descriptor & 3] ?? 0);
  if (bytes.length < at + sizeBytes) throw badStream('zstd', 'it is cut short');
  const reserved = Math.max(isSingle ? 0 : windowOf(bytes.readUInt8(5)), contentSize(bytes, at, sizeBytes));
  if (reserved > maxReserved) throw tooMuch();
  const { end, count } = readBlocks(bytes, at + sizeBytes);
  if (end + ((descriptor & 4) === 0 ? 0 : 4) !== bytes.length) throw badStream('zstd', 'data follows the frame');
  if (count * reserved > MAX_MOVED) throw tooMuch();
}

function windowOf(code: number): number {
  const base = 2 ** (10 + (code >> 3));
  return base + (base / 8) * (code & 7);
}

function contentSize(bytes: Buffer, at: number, sizeBytes: number): number {
  if (sizeBytes === 0) return 0;
  if (sizeBytes === 8) return Number(bytes.readBigUInt64LE(at));
  return bytes.readUIntLE(at, sizeBytes) + (sizeBytes === 2 ? 256 : 0);
}

/** Where the last block ends, and how many there are: `last` 1 bit, kind 2 bits, size 21 bits; kind 1 repeats one byte. */
function readBlocks(bytes: Buffer, start: number): { readonly end: number; readonly count: number } {
  let at = start;
  for (let count = 1; ; count++) {
    if (bytes.length < at + 3) throw badStream('zstd', 'it is cut short');
    const head = bytes.readUIntLE(at, 3);
    at += 3 + ((head & 6) === 2 ? 1 : head >> 3);
    if ((head & 1) === 1) return { end: at, count };
  }
}
