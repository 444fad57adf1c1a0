/**
 * The child's way out. Every frame is written by a blocking system call before the next step: what is on its way to the
 * host survives whatever happens then, a kill included, and a slow host slows its children. Main thread of a child.
 */
import { writeSync, writevSync } from 'node:fs';
import {
  encodeFrame,
  HEADER_BYTES,
  MAX_COPIED_BYTES,
  OUTCOMES_FD,
  writeHeader,
  type FrameFields,
  type FrameKind,
} from '../frame.js';

/** A pipe that is not ours to block on is full: looked at again. */
const WOULD_BLOCK = 'EAGAIN';

/** @throws PoolError for a payload that no frame holds, and when the host is gone (EPIPE). */
export function sendFrame(kind: FrameKind, fields: FrameFields, payload: Uint8Array | null = null): void {
  if (payload === null || payload.length <= MAX_COPIED_BYTES) {
    writeAll(encodeFrame(kind, fields, payload), 0);
    return;
  }
  const header = Buffer.allocUnsafe(HEADER_BYTES);
  writeHeader(header, kind, payload.length, fields);
  // Both by one call, which blocks until all is written: an interrupt at a soft limit must not fall between them.
  const sent = trying(() => writevSync(OUTCOMES_FD, [header, payload]));
  if (sent < HEADER_BYTES) writeAll(header, sent);
  writeAll(payload, Math.max(0, sent - HEADER_BYTES));
}

function writeAll(bytes: Uint8Array, start: number): void {
  for (let sent = start; sent < bytes.length;) sent += trying(() => writeSync(OUTCOMES_FD, bytes, sent));
}

/** Bytes that were written. */
function trying(write: () => number): number {
  try {
    return write();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== WOULD_BLOCK) throw error;
    return 0;
  }
}
