/**
 * What passes between host and child process: frames of a header and bytes, over pipes of their own. Three pipes, each one
 * way: *tasks* (host → child), *outcomes* (child → host, written at once and in order), *control* (host → the child's
 * sentinel, which reads while the child computes).
 *
 *     0        2      3         4           8       12      16          24          32
 *     | magic  | kind | program | payload B | id    | ref   | value f64 | extra f64 | payload …      little endian
 *
 * A header without the magic means that something in the child has written into our pipe: nothing behind it counts.
 */
import { PoolError } from '../../core/kernel/errors.js';
import { errorOfText, errorText, type ErrorText } from '../error-text.js';

/** Descriptors of a child beside stdin, stdout and stderr. */
export const TASKS_FD = 3;
export const OUTCOMES_FD = 4;
export const CONTROL_FD = 5;

export const FrameKind = {
  /** Payload: `MemberBoot`, serialized by v8. */
  BOOT: 1,
  /** id: ticket; ref: bytes of the head; value: soft limit, ms; extra: from there to the interrupt, ms. Payload: head, body. */
  TASK: 2,
  /** id: call; ref: 1 for an error. */
  REPLY: 3,
  /** Asks whether the event loop turns; answered by PONG. */
  PING: 4,
  /** Nothing more comes: the program closes, the process ends. */
  RETIRE: 5,
  /** Control. id: ticket; ref: AbortReason. */
  ABORT: 6,
  /** Payload: the manifest, serialized by v8. */
  READY: 16,
  /** Payload: ErrorText. The program could not be loaded; the child ends. */
  LOAD_FAILED: 17,
  /** Payload: ErrorText. The program broke its contract; the child ends. */
  BROKEN: 18,
  /** Payload: ErrorText. Nobody has caught it; the child ends unless user code has made it live on. */
  UNCAUGHT: 19,
  /** id: ticket; value: monotonic clock at the start. Written before the program sees the job. */
  STARTED: 20,
  /** id: ticket; ref: µs of its synchronous part. It waits for a promise now. */
  AWAITING: 21,
  /** id: ticket; ref: µs of a synchronous run, 0 after AWAITING; value: resident memory, KiB, 0 if not looked at. */
  OUTCOME: 22,
  /** id: call; ref: ticket of the job, 0 for none; value: 1 where the job takes no slot until the reply (BUG-26). */
  CALL: 23,
  PONG: 24,
  /** id: ticket of the run that has written, 0 if unknown; ref: 1 stdout, 2 stderr. */
  OUTPUT: 25,
  /** A run was interrupted at its soft limit: what it had not started goes elsewhere, it takes nothing more. */
  STRUCK: 26,
} as const;
export type FrameKind = (typeof FrameKind)[keyof typeof FrameKind];

export const AbortReason = { SOFT_LIMIT: 1, CANCELLED: 2 } as const;
export type AbortReason = (typeof AbortReason)[keyof typeof AbortReason];

/** No run. Tickets start at 1. */
export const NO_TICKET = 0;

export interface Frame {
  readonly kind: FrameKind;
  readonly programKind: number;
  readonly id: number;
  readonly ref: number;
  readonly value: number;
  readonly extra: number;
  /** Owned by whoever gets the frame. */
  readonly payload: Buffer;
}

export interface FrameFields {
  readonly programKind?: number;
  readonly id?: number;
  readonly ref?: number;
  readonly value?: number;
  readonly extra?: number;
}

/** What a child needs to begin. */
export interface MemberBoot {
  readonly index: number;
  readonly epoch: number;
  readonly programUrl: string;
  readonly data: unknown;
  /** Every outcome tells the resident memory. */
  readonly watchesMemory: boolean;
}

const MAGIC = 0xce1e;
export const HEADER_BYTES = 32;
/** Payloads above it are written where they lie, others copied behind their header. */
export const MAX_COPIED_BYTES = 16_384;
/** No broker takes so much; a header that says more is not ours, and must not take the host's memory. */
const MAX_PAYLOAD_BYTES = 2 ** 30;
const KNOWN_KINDS: ReadonlySet<number> = new Set(Object.values(FrameKind));

/**
 * Header, and room for `payloadBytes` behind it when they are to stand in one buffer.
 * @throws PoolError for more than a frame holds
 */
export function writeHeader(
  buffer: Buffer,
  kind: FrameKind,
  payloadBytes: number,
  { programKind = 0, id = 0, ref = 0, value = 0, extra = 0 }: FrameFields,
): void {
  if (payloadBytes > MAX_PAYLOAD_BYTES) {
    const most = String(MAX_PAYLOAD_BYTES);
    throw new PoolError(`${String(payloadBytes)} bytes do not pass between host and child; ${most} do`);
  }
  buffer.writeUInt16LE(MAGIC, 0);
  buffer[2] = kind;
  buffer[3] = programKind;
  buffer.writeUInt32LE(payloadBytes, 4);
  buffer.writeUInt32LE(id, 8);
  buffer.writeUInt32LE(ref, 12);
  buffer.writeDoubleLE(value, 16);
  buffer.writeDoubleLE(extra, 24);
}

/** A frame in one buffer: the payload is copied. */
export function encodeFrame(kind: FrameKind, fields: FrameFields, payload: Uint8Array | null = null): Buffer {
  const payloadBytes = payload?.length ?? 0;
  const buffer = Buffer.allocUnsafe(HEADER_BYTES + payloadBytes);
  writeHeader(buffer, kind, payloadBytes, fields);
  if (payload !== null) buffer.set(payload, HEADER_BYTES);
  return buffer;
}

export function encodeError(error: unknown): Buffer {
  return Buffer.from(JSON.stringify(errorText(error)));
}

export function decodeError(payload: Buffer): Error {
  return errorOfText(JSON.parse(payload.toString()) as ErrorText);
}

/** Cuts what a pipe gives into frames. Payloads within one chunk are views of it: nobody writes into a chunk again. */
export class FrameReader {
  readonly #onFrame: (frame: Frame) => void;
  readonly #header = Buffer.alloc(HEADER_BYTES);
  #headerBytes = 0;
  /** Of a frame whose bytes come in several chunks. */
  #payload: Buffer | null = null;
  #payloadBytes = 0;
  #isUnsound = false;

  constructor(onFrame: (frame: Frame) => void) {
    this.#onFrame = onFrame;
  }

  /** False when a header makes no sense: nothing can be read any more. */
  push(chunk: Buffer): boolean {
    let at = 0;
    while (at < chunk.length && !this.#isUnsound) {
      at = this.#payload === null ? this.#readHeader(chunk, at) : this.#readPayload(chunk, at);
    }
    return !this.#isUnsound;
  }

  #readHeader(chunk: Buffer, at: number): number {
    const taken = Math.min(HEADER_BYTES - this.#headerBytes, chunk.length - at);
    chunk.copy(this.#header, this.#headerBytes, at, at + taken);
    this.#headerBytes += taken;
    const start = at + taken;
    if (this.#headerBytes < HEADER_BYTES) return start;
    this.#headerBytes = 0;
    if (this.#header.readUInt16LE(0) !== MAGIC || !KNOWN_KINDS.has(this.#header.readUInt8(2))) {
      this.#isUnsound = true;
      return start;
    }
    const payloadBytes = this.#header.readUInt32LE(4);
    if (payloadBytes > MAX_PAYLOAD_BYTES) {
      this.#isUnsound = true;
      return start;
    }
    const end = start + payloadBytes;
    if (end <= chunk.length) {
      this.#tell(chunk.subarray(start, end));
      return end;
    }
    this.#payload = Buffer.allocUnsafeSlow(payloadBytes);
    this.#payloadBytes = 0;
    return start;
  }

  #readPayload(chunk: Buffer, at: number): number {
    const payload = this.#payload as Buffer;
    const taken = Math.min(payload.length - this.#payloadBytes, chunk.length - at);
    chunk.copy(payload, this.#payloadBytes, at, at + taken);
    this.#payloadBytes += taken;
    if (this.#payloadBytes === payload.length) {
      this.#payload = null;
      this.#tell(payload);
    }
    return at + taken;
  }

  #tell(payload: Buffer): void {
    const header = this.#header;
    this.#onFrame({
      kind: header.readUInt8(2) as FrameKind,
      programKind: header.readUInt8(3),
      id: header.readUInt32LE(8),
      ref: header.readUInt32LE(12),
      value: header.readDoubleLE(16),
      extra: header.readDoubleLE(24),
      payload,
    });
  }
}
