/**
 * The calls that a task's member makes to its host, on the calls ring: numbers and payloads, known to `member-outlet.ts`
 * (member) and `core/worker/member-calls.ts` (host).
 */
import type { StoredResult } from '../ports/backend.js';

export const MemberCall = {
  /** payload: `encodeOutgoing`; reply: empty, after the broker's confirm. */
  PUBLISH: 1,
  /** payload: task id; reply: `encodeStoredResult`, or empty when there is none. */
  FETCH_RESULT: 2,
  /** payload: `encodeAwait`; reply: `encodeStoredResult` of a ready result. */
  AWAIT_RESULT: 3,
  /** payload: `encodeStoredResult`; reply: empty, after the store's answer. */
  STORE_RESULT: 4,
  /** payload: JSON list of task ids; reply: empty. */
  FORGET_RESULTS: 5,
  /** payload: JSON of a `LogRecord`; reply: empty. */
  LOG: 6,
} as const;

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
