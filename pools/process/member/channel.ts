/**
 * The child's way out. Every frame is written by a blocking system call before the next step: what is on its way to the
 * host survives whatever happens then, a kill included, and a slow host slows its children. Main thread of a child.
 */
import { writeSync } from 'node:fs';
import { encodeFrame, OUTCOMES_FD, type FrameFields, type FrameKind } from '../frame.js';

/** A pipe that is not ours to block on is full: looked at again. */
const WOULD_BLOCK = 'EAGAIN';

/** @throws when the host is gone (EPIPE). */
export function sendFrame(kind: FrameKind, fields: FrameFields, payload: Uint8Array | null = null): void {
  const buffer = encodeFrame(kind, fields, payload);
  for (let sent = 0; sent < buffer.length;) {
    try {
      sent += writeSync(OUTCOMES_FD, buffer, sent);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== WOULD_BLOCK) throw error;
    }
  }
}
