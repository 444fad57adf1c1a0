/**
 * Where a ring's words lie. Nobody else knows an offset.
 *
 *     start                +128                 +256
 *     ├ tail (producer) ───┼ head (consumer) ───┼ data: capacityBytes ┤
 *
 * The cursors stand two cache lines apart, since x86 prefetches lines in pairs (G17); nothing depends on it but speed.
 * A cursor counts bytes since the ring was made and wraps at 2³²; cursors are compared by `(a - b) | 0`.
 */
import { ConfigError } from '../../core/kernel/errors.js';
import { RECORD_HEADER_BYTES } from './record.js';

/** Words that different threads write stand this far apart, bytes. */
export const LINE_BYTES = 128;
export const LINE_WORDS = LINE_BYTES / 4;

/** Largest share of the ring that one record may take: beyond it a full ring could never take the record at once. */
const MAX_RECORD_SHARE = 8;
const MIN_CAPACITY_BYTES = RECORD_HEADER_BYTES * MAX_RECORD_SHARE;
const MAX_CAPACITY_BYTES = 2 ** 30;

export interface RingLayout {
  readonly tailWord: number;
  readonly headWord: number;
  readonly dataByte: number;
  /** A power of two. */
  readonly capacityBytes: number;
  /** Largest record with its header; larger ones travel out of band. */
  readonly maxRecordBytes: number;
}

/** Bytes that a ring of this capacity takes. */
export function ringBytes(capacityBytes: number): number {
  return 2 * LINE_BYTES + capacityBytes;
}

/** @throws ConfigError unless the capacity is a power of two between 256 B and 1 GiB. */
export function ringLayout(startByte: number, capacityBytes: number): RingLayout {
  const isPowerOfTwo = Number.isInteger(capacityBytes) && (capacityBytes & (capacityBytes - 1)) === 0;
  if (!isPowerOfTwo || capacityBytes < MIN_CAPACITY_BYTES || capacityBytes > MAX_CAPACITY_BYTES) {
    throw new ConfigError(`ring capacity ${String(capacityBytes)} is not a power of two from 256 bytes to 1 GiB`);
  }
  return {
    tailWord: startByte / 4,
    headWord: (startByte + LINE_BYTES) / 4,
    dataByte: startByte + 2 * LINE_BYTES,
    capacityBytes,
    maxRecordBytes: capacityBytes / MAX_RECORD_SHARE,
  };
}
