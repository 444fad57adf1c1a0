/**
 * How large an .xz stream becomes, without decompressing it. LZMA2 writes before each chunk how many bytes it makes, and
 * a decoder makes no others, so a bomb shows itself here. Called by compression-xz.ts.
 *
 *     stream header 12 bytes │ blocks │ index (begins with 0)
 *     block: size/4 - 1 │ flags │ [compressed size] [size] │ filters │ padding │ CRC32 │ chunks │ padding to 4 │ check
 *     chunk: 0 ends │ 1, 2: size-1 u16, data │ ≥ 0x80: size-1 (5 bits here, u16), packed-1 u16, [properties], data
 */
import { ProtocolError } from '../kernel/errors.js';
import { badStream } from './compression-node.js';

const MAGIC = Buffer.from('fd377a585a00', 'hex');
const HEADER_BYTES = 12;
const LZMA2 = 0x21;
/** Bytes of the check by its type (xz file format §2.1.1.2). */
const CHECK_BYTES = [0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64];
/** Dictionary of 64 MiB, the largest of xz's presets: 2^26 (xz file format §5.3.1). */
const MAX_DICTIONARY_CODE = 28;

/** @throws ProtocolError when it is no such stream, or makes more than `maxBytes`. */
export function checkXzSize(bytes: Buffer, maxBytes: number): void {
  if (bytes.length < HEADER_BYTES || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw badStream('xz', 'its magic is missing');
  }
  const checkBytes = CHECK_BYTES[byteAt(bytes, 7) & 0x0f] ?? 0;
  let at = HEADER_BYTES;
  let size = 0;
  while (byteAt(bytes, at) !== 0) {
    const start = at + blockHeaderBytes(bytes, at);
    at = start;
    for (let control = byteAt(bytes, at); control !== 0; control = byteAt(bytes, at)) {
      if (control > 2 && control < 0x80) throw badStream('xz', 'a chunk of no known kind');
      const made = u16(bytes, at + 1) + 1 + (control >= 0x80 ? (control & 0x1f) << 16 : 0);
      size += made;
      if (size > maxBytes) {
        throw new ProtocolError('xz body decompresses to more than the limit', { reason: 'too-large' });
      }
      at += control >= 0x80 ? (control >= 0xc0 ? 6 : 5) + u16(bytes, at + 3) + 1 : 3 + made;
    }
    at++;
    at += ((4 - ((at - start) % 4)) % 4) + checkBytes;
  }
}

/** Length of a block's header, of which only one filter, LZMA2, is accepted: others move data before its chunks. */
function blockHeaderBytes(bytes: Buffer, start: number): number {
  const length = (byteAt(bytes, start) + 1) * 4;
  const flags = byteAt(bytes, start + 1);
  let at = start + 2;
  for (const isPresent of [flags & 0x40, flags & 0x80]) {
    if (isPresent === 0) continue;
    while (byteAt(bytes, at) >= 0x80) at++;
    at++;
  }
  const isPlain = (flags & 0x3f) === 0 && byteAt(bytes, at) === LZMA2 && byteAt(bytes, at + 1) === 1;
  if (!isPlain) throw badStream('xz', 'it has filters other than LZMA2');
  if (byteAt(bytes, at + 2) > MAX_DICTIONARY_CODE) throw badStream('xz', 'its dictionary exceeds 64 MiB');
  return length;
}

function byteAt(bytes: Buffer, at: number): number {
  const byte = bytes[at];
  if (byte === undefined) throw badStream('xz', 'it is cut short');
  return byte;
}

function u16(bytes: Buffer, at: number): number {
  return byteAt(bytes, at) * 256 + byteAt(bytes, at + 1);
}
