/**
 * What a record looks like. A record starts at a multiple of 8 bytes and is followed by padding up to the next one.
 *
 *      word  0         1                    2        3       4           5       6        7
 *          ┌─────────┬────────────────────┬────────┬───────┬───────────┬───────┬────────┬──────────┐
 *          │ length  │ kind │ program │ flags│ ticket │ claim │ headBytes │ extra │ bulkId │ sequence │ payload …
 *          └─────────┴────────────────────┴────────┴───────┴───────────┴───────┴────────┴──────────┘
 *
 * length     header and payload, bytes, without the trailing padding
 * kind       RecordKind (8 bits), the program's own kind (8 bits), RecordFlag bits (8 bits); task: grace between its soft
 *            limit and the interrupt (8 bits, GRACE_UNIT_MS)
 * ticket     the job in question on this lane; 0 for none
 * claim      ClaimState of a task; unused elsewhere
 * headBytes  task: bytes of the head at the start of the payload; call and reply: the call's id
 * extra      task: soft limit in ms, 0 for none
 * bulkId     with BULK: which message of the bulk port carries the payload
 * sequence   counts the records of one ring; a mismatch means that the ring was scribbled on (G6)
 *
 * A padding record has words 0 and 1 only: the rest of the ring behind it may be as short as 8 bytes.
 */

export const RECORD_ALIGN_BYTES = 8;
export const RECORD_HEADER_BYTES = 32;

/** Offsets of header fields, in words from the start of the record. */
export const RecordWord = {
  LENGTH: 0,
  TAG: 1,
  TICKET: 2,
  CLAIM: 3,
  HEAD_BYTES: 4,
  EXTRA: 5,
  BULK_ID: 6,
  SEQUENCE: 7,
} as const;

export const RecordKind = {
  PADDING: 1,
  TASK: 2,
  ACCEPTED: 3,
  OUTCOME: 4,
  CALL: 5,
  REPLY: 6,
} as const;

export const RecordFlag = {
  /** The payload is a buffer that came over the bulk port. */
  BULK: 1 << 16,
  /** The head is ASCII: decoding it as Latin-1 is exact and several times faster than UTF-8. */
  ASCII_HEAD: 1 << 17,
  /** The host wants an ACCEPTED record when the run starts. */
  WANTS_ACCEPTED: 1 << 18,
  /** The reply is an error, as JSON. */
  ERROR: 1 << 19,
  /** The call may take as long as another job: while it is open, its own job takes no slot of the member (BUG-26). */
  LENDS: 1 << 20,
} as const;

/** Whether a member runs a task record (CLAIMED) or the host has taken it back (RECALLED); both by compare-and-swap. */
export const ClaimState = { QUEUED: 0, CLAIMED: 1, RECALLED: 2 } as const;

export function kindOf(tag: number): number {
  return tag & 0xff;
}

export function programKindOf(tag: number): number {
  return (tag >>> 8) & 0xff;
}

export function makeTag(kind: number, programKind: number, flags: number): number {
  return kind | ((programKind & 0xff) << 8) | flags;
}

/** Unit of the grace in a task's kind word: 8 bits hold up to 510 ms. */
const GRACE_UNIT_MS = 2;

export function graceMsOf(tag: number): number {
  return (tag >>> 24) * GRACE_UNIT_MS;
}

export function graceFlags(graceMs: number): number {
  return Math.min(Math.floor(graceMs / GRACE_UNIT_MS), 0xff) << 24;
}

export function alignRecord(lengthBytes: number): number {
  return (lengthBytes + RECORD_ALIGN_BYTES - 1) & -RECORD_ALIGN_BYTES;
}

/** Ticket of a record that belongs to no job. */
export const NO_TICKET = 0;
