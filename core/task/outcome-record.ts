/**
 * How a run ended, as bytes: made by `trace.ts` in the member, read by the host, which decodes nothing but the frame.
 *
 *     0        4         8            12       16
 *     ├────────┼─────────┼────────────┼────────┼──────────────┬──────────┬─────────────────────────────────┐
 *     │ runtime│ document│ note       │ flags  │ document     │ note     │ successors: [u32 length, bytes]*│
 *     │ µs u32 │ bytes   │ bytes u32  │ u32    │ (JSON, utf-8)│ (utf-8)  │ OutgoingMessage records         │
 *     └────────┴─────────┴────────────┴────────┴──────────────┴──────────┴─────────────────────────────────┘
 *
 * Little endian. `document` is the result document, empty when nothing is to be stored. Flags: 1, an expected failure.
 */

/** The kind byte of an outcome on the outcomes ring. */
export const OutcomeKind = {
  SUCCESS: 1,
  FAILURE: 2,
  /** A retry message is among the successors. */
  RETRY: 3,
  IGNORED: 4,
  /** `Reject`: dead-letter the message. */
  REJECTED: 5,
  /** `Reject` with requeue. */
  REQUEUED: 6,
  /** The body could not be read: dead-letter the message, the document is its FAILURE, the note begins `reason: `. */
  UNREADABLE: 7,
} as const;
export type OutcomeKind = (typeof OutcomeKind)[keyof typeof OutcomeKind];

const IS_EXPECTED = 1;

export interface OutcomeParts {
  /** Wall time of the body, µs. */
  readonly runtimeUs: number;
  /** JSON text of the result document; '' stores nothing. */
  readonly document: string;
  /** One line for the log: the error, the reason of a rejection. */
  readonly note: string;
  /** Messages to be confirmed before the result is stored, as `encodeOutgoing` made them. */
  readonly successors: readonly Uint8Array[];
  /** A failure of a kind that the task's `throws` lists: no reason for alarm (TASK-20). @defaultValue false */
  readonly isExpected?: boolean;
}

export interface DecodedOutcome {
  readonly runtimeUs: number;
  /** A copy; empty when nothing is to be stored. */
  readonly document: Uint8Array;
  readonly note: string;
  /** Copies. */
  readonly successors: readonly Uint8Array[];
  readonly isExpected: boolean;
}

const HEAD_BYTES = 16;
const MAX_U32 = 2 ** 32 - 1;
const NONE: readonly Uint8Array[] = [];

export function encodeOutcome({ runtimeUs, document, note, successors, isExpected }: OutcomeParts): Uint8Array {
  const documentBytes = Buffer.byteLength(document);
  const noteBytes = Buffer.byteLength(note);
  const successorBytes = successors.reduce((sum, bytes) => sum + 4 + bytes.length, 0);
  const record = Buffer.allocUnsafe(HEAD_BYTES + documentBytes + noteBytes + successorBytes);
  record.writeUInt32LE(Math.min(MAX_U32, Math.max(0, Math.round(runtimeUs))), 0);
  record.writeUInt32LE(documentBytes, 4);
  record.writeUInt32LE(noteBytes, 8);
  record.writeUInt32LE(isExpected === true ? IS_EXPECTED : 0, 12);
  record.write(document, HEAD_BYTES);
  record.write(note, HEAD_BYTES + documentBytes);
  let at = HEAD_BYTES + documentBytes + noteBytes;
  for (const bytes of successors) {
    record.writeUInt32LE(bytes.length, at);
    record.set(bytes, at + 4);
    at += 4 + bytes.length;
  }
  return record;
}

/** Copies what it returns: `payload` may be a view of the ring. */
export function decodeOutcome(payload: Uint8Array): DecodedOutcome {
  const record = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  const noteAt = HEAD_BYTES + record.readUInt32LE(4);
  const successorsAt = noteAt + record.readUInt32LE(8);
  return {
    runtimeUs: record.readUInt32LE(0),
    document: Uint8Array.prototype.slice.call(record, HEAD_BYTES, noteAt),
    note: noteAt === successorsAt ? '' : record.toString('utf8', noteAt, successorsAt),
    successors: successorsAt === record.length ? NONE : splitSuccessors(record, successorsAt),
    isExpected: (record.readUInt32LE(12) & IS_EXPECTED) !== 0,
  };
}

function splitSuccessors(record: Buffer, from: number): readonly Uint8Array[] {
  const successors: Uint8Array[] = [];
  for (let at = from; at < record.length;) {
    const end = at + 4 + record.readUInt32LE(at);
    successors.push(Uint8Array.prototype.slice.call(record, at + 4, end));
    at = end;
  }
  return successors;
}
