/**
 * The records by which a chaos run is judged (reliability §4.1): 32 bytes each, one file for each thread that writes,
 * O_APPEND, one `write` each, so that a record is whole or absent and survives SIGKILL in the page cache. START and END
 * are written by the task's body itself: the runtime cannot lie about them.
 *
 *     0      1         2         4          8       12        16            24     28
 *     ├──────┼─────────┼─────────┼──────────┼───────┼─────────┼─────────────┼──────┼───────────┐
 *     │ kind │ outcome │ attempt │ taskNo   │ seq   │ writer  │ monotonic   │ key  │ valueHash │
 *     │ u8   │ u8      │ u16     │ u32      │ u32   │ u32     │ ns u64      │ u32  │ u32       │
 *     └──────┴─────────┴─────────┴──────────┴───────┴─────────┴─────────────┴──────┴───────────┘
 *
 * Little endian. `writer` is `pid << 10 | threadId`: the member's epoch, since no thread id is given twice in a process.
 * `key` is the hash of the task's id. The monotonic clock is the machine's, so records of several processes compare.
 */
import { closeSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { threadId } from 'node:worker_threads';

export const LedgerKind = {
  /** A producer is about to publish; without P_OK or P_FAIL behind it nobody knows. */
  P_INVOKE: 1,
  /** The publish was confirmed. */
  P_OK: 2,
  /** The publish was refused: it must never run. */
  P_FAIL: 3,
  P_UNKNOWN: 4,
  START: 5,
  END: 6,
  /** A client has read a final result. */
  RESULT_SEEN: 7,
  DLQ: 8,
  REVOKED: 9,
  EXPIRED: 10,
  CHORD_BODY: 11,
  BEAT_FIRE: 12,
  /**
   * `taskNo` is the number of the fault, `valueHash` its budget of repeats, `attempt` that of a single task, `key` the pid
   * that it befalls, and `outcome` 1 where that process goes on afterwards.
   */
  FAULT_ON: 13,
  FAULT_OFF: 14,
} as const;
export type LedgerKind = (typeof LedgerKind)[keyof typeof LedgerKind];

/** How a run or a task ended. */
export const LedgerOutcome = { NONE: 0, OK: 1, FAILURE: 2, RETRY: 3 } as const;
export type LedgerOutcome = (typeof LedgerOutcome)[keyof typeof LedgerOutcome];

export interface LedgerRecord {
  readonly kind: LedgerKind;
  readonly outcome: LedgerOutcome;
  /** Retries before this run. */
  readonly attempt: number;
  readonly taskNo: number;
  /** Place in its file. */
  readonly seq: number;
  readonly writer: number;
  readonly monoNs: bigint;
  readonly key: number;
  readonly valueHash: number;
}

/** What a writer says; the rest it knows by itself. */
export type LedgerEntry = Pick<LedgerRecord, 'kind' | 'taskNo'> &
  Partial<Pick<LedgerRecord, 'outcome' | 'attempt' | 'key' | 'valueHash' | 'writer' | 'monoNs'>>;

const RECORD_BYTES = 32;
const SUFFIX = '.ledger32';

/** FNV-1a, 32 bits. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

export function writerOf(pid: number, thread: number): number {
  return ((pid << 10) | (thread & 1_023)) >>> 0;
}

export function pidOf(writer: number): number {
  return writer >>> 10;
}

export class LedgerWriter {
  readonly #writer = writerOf(process.pid, threadId);
  readonly #file: number;
  #seq = 0;

  constructor(folder: string) {
    this.#file = openSync(join(folder, `${String(process.pid)}-${String(threadId)}${SUFFIX}`), 'a');
  }

  write(entry: LedgerEntry): void {
    const { outcome = LedgerOutcome.NONE, attempt = 0, key = 0, valueHash = 0, writer = this.#writer } = entry;
    const seq = this.#seq++;
    const monoNs = entry.monoNs ?? process.hrtime.bigint();
    writeSync(this.#file, encodeRecord({ ...entry, outcome, attempt, key, valueHash, writer, seq, monoNs }));
  }

  close(): void {
    closeSync(this.#file);
  }
}

export function encodeRecord(record: LedgerRecord): Uint8Array {
  const bytes = Buffer.alloc(RECORD_BYTES);
  bytes.writeUInt8(record.kind, 0);
  bytes.writeUInt8(record.outcome, 1);
  bytes.writeUInt16LE(record.attempt, 2);
  bytes.writeUInt32LE(record.taskNo, 4);
  bytes.writeUInt32LE(record.seq, 8);
  bytes.writeUInt32LE(record.writer, 12);
  bytes.writeBigUInt64LE(record.monoNs, 16);
  bytes.writeUInt32LE(record.key, 24);
  bytes.writeUInt32LE(record.valueHash, 28);
  return bytes;
}

/** Every record of a folder in the order of the machine's clock. @throws Error for a file that holds part of a record. */
export function readLedgerFolder(folder: string): readonly LedgerRecord[] {
  const records: LedgerRecord[] = [];
  for (const name of readdirSync(folder)) {
    if (!name.endsWith(SUFFIX)) continue;
    const bytes = readFileSync(join(folder, name));
    if (bytes.length % RECORD_BYTES !== 0) throw new Error(`${name} ends inside a record`);
    for (let at = 0; at < bytes.length; at += RECORD_BYTES) records.push(decodeRecord(bytes, at));
  }
  return records.sort((a, b) => (a.monoNs < b.monoNs ? -1 : a.monoNs > b.monoNs ? 1 : a.seq - b.seq));
}

function decodeRecord(bytes: Buffer, at: number): LedgerRecord {
  return {
    kind: bytes.readUInt8(at) as LedgerKind,
    outcome: bytes.readUInt8(at + 1) as LedgerOutcome,
    attempt: bytes.readUInt16LE(at + 2),
    taskNo: bytes.readUInt32LE(at + 4),
    seq: bytes.readUInt32LE(at + 8),
    writer: bytes.readUInt32LE(at + 12),
    monoNs: bytes.readBigUInt64LE(at + 16),
    key: bytes.readUInt32LE(at + 24),
    valueHash: bytes.readUInt32LE(at + 28),
  };
}
