/**
 * The calls that a task's member makes to its host, on the calls ring: numbers and payloads, known to `member-outlet.ts`
 * (member) and `core/worker/member-calls.ts` (host).
 */
import type { StoredResult } from '../ports/backend.js';

export const MemberCall = {
  /** payload: `encodeOutgoing`; reply: empty, after the broker's confirm. */
  PUBLISH: 1,
  /** payload: JSON list of task ids; reply: `encodeStoredResults`. */
  FETCH_RESULTS: 2,
  /** payload: `encodeAwait`; reply: `encodeStoredResult` of a ready result or of the next state. */
  AWAIT_RESULT: 3,
  /** payload: `encodeStoredResult`; reply: empty, after the store's answer. */
  STORE_RESULT: 4,
  /** payload: JSON list of task ids; reply: empty. */
  FORGET_RESULTS: 5,
  /** payload: JSON of a `LogRecord`; reply: empty. */
  LOG: 6,
  /** payload: key of an `AwaitRequest` that nobody waits for any more; reply: empty. */
  ABANDON_AWAIT: 7,
  /** payload: `encodeStoredResult` with the group's id and document; reply: empty. */
  SAVE_GROUP: 8,
  /** payload: group id; reply: the document, or empty when there is none. */
  FETCH_GROUP: 9,
  /** payload: group id; reply: empty. */
  DELETE_GROUP: 10,
  /** payload: `encodeSpecialPublish`; reply: empty, after the broker's confirm. */
  PUBLISH_WITH: 11,
  /** payload: empty; reply: the number of results removed, as text. */
  CLEAN_UP_RESULTS: 12,
} as const;

const NOTHING = new Uint8Array(0);

export interface LogRecord {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly taskId: string;
  readonly taskName: string;
  readonly message: string;
  readonly fields: object;
}

export interface AwaitRequest {
  readonly taskId: string;
  /** null waits without end. */
  readonly timeoutMs: number | null;
  /** As `AwaitOptions.unlike`. */
  readonly unlike: string | null;
  readonly intervalMs: number;
  /** Names the wait for `ABANDON_AWAIT`, among those of its member; null: it cannot be abandoned. */
  readonly key: string | null;
}

export function encodeAwait(request: AwaitRequest): Uint8Array {
  return Buffer.from(JSON.stringify(request));
}

export function decodeAwait(payload: Uint8Array): AwaitRequest {
  return JSON.parse(Buffer.from(payload).toString()) as AwaitRequest;
}

/** `[u32 id bytes][u32 state bytes][id][state][document]`, little endian. */
export function encodeStoredResult({ taskId, state, document }: StoredResult): Uint8Array {
  const id = Buffer.from(taskId);
  const name = Buffer.from(state);
  const head = Buffer.allocUnsafe(8);
  head.writeUInt32LE(id.length, 0);
  head.writeUInt32LE(name.length, 4);
  return Buffer.concat([head, id, name, document]);
}

export function decodeStoredResult(payload: Uint8Array): StoredResult {
  const record = Buffer.from(payload);
  const stateAt = 8 + record.readUInt32LE(0);
  const documentAt = stateAt + record.readUInt32LE(4);
  return {
    taskId: record.toString('utf8', 8, stateAt),
    state: record.toString('utf8', stateAt, documentAt),
    document: record.subarray(documentAt),
  };
}

/** The records of `encodeStoredResult` one after the other, each behind its length (u32, little endian); 0: none. */
export function encodeStoredResults(results: readonly (StoredResult | null)[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const result of results) {
    const record = result === null ? NOTHING : encodeStoredResult(result);
    const length = Buffer.allocUnsafe(4);
    length.writeUInt32LE(record.length, 0);
    parts.push(length, record);
  }
  return Buffer.concat(parts);
}

export function decodeStoredResults(payload: Uint8Array): (StoredResult | null)[] {
  const records = Buffer.from(payload);
  const results: (StoredResult | null)[] = [];
  for (let at = 0; at < records.length;) {
    const end = at + 4 + records.readUInt32LE(at);
    results.push(end === at + 4 ? null : decodeStoredResult(records.subarray(at + 4, end)));
    at = end;
  }
  return results;
}
