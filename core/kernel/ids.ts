/**
 * Ids. A task id is a UUID (CALL-05), unique and ordered by time; the id of a task published inside a task is UUIDv5 over its parent, so a
 * repeat of the parent publishes the same children (design §4, reliability R2).
 */
import { createHash } from 'node:crypto';
import type { Clock } from './clock.js';
import type { Random } from './random.js';

declare const taskIdBrand: unique symbol;
/** Id of a task: at most 155 characters of `[A-Za-z0-9_.:-]` when we make it; any string when it is read. */
export type TaskId = string & { readonly [taskIdBrand]: never };

export function asTaskId(text: string): TaskId {
  return text as TaskId;
}

/** Makes the id of a new task or message. */
export type NewId = () => TaskId;

function formatUuid(bytes: Buffer, at: number): TaskId {
  const hex = bytes.toString('hex', at, at + 16);
  return asTaskId(`${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`);
}

const POOL_BYTES = 16 * 256;

/**
 * UUIDs of version 4's form whose first 48 bits are the time in ms, the other 74 free bits random. A store's index over
 * task ids then grows at its end: with wholly random ids every result touches a page of its own (SQLite end to end
 * 15.0k → 19.3k tasks/s, docs/decisions/0010). One draw from the source fills 256 ids.
 */
export function createTaskIds(random: Random, clock: Clock): NewId {
  const pool = Buffer.alloc(POOL_BYTES);
  let at = POOL_BYTES;
  return () => {
    if (at === POOL_BYTES) {
      random.fill(pool);
      at = 0;
    }
    pool.writeUIntBE(Math.trunc(clock.nowEpochMs()), at, 6);
    pool[at + 6] = ((pool[at + 6] ?? 0) & 0x0f) | 0x40;
    pool[at + 8] = ((pool[at + 8] ?? 0) & 0x3f) | 0x80;
    const id = formatUuid(pool, at);
    at += 16;
    return id;
  };
}

/** Namespace of every id that celeriac derives: UUIDv5 of the DNS name `celeriac.dev`. Never to change: ids depend on it. */
const NAMESPACE = Buffer.from('8ca05f27de2e58b09cf334d3adbb4f27', 'hex');

/** UUID version 5 (RFC 4122 §4.3) of `name` in a namespace of 16 bytes. */
export function uuid5(name: string, namespace: Uint8Array = NAMESPACE): TaskId {
  const digest = createHash('sha1').update(namespace).update(name, 'utf8').digest();
  digest[6] = ((digest[6] ?? 0) & 0x0f) | 0x50;
  digest[8] = ((digest[8] ?? 0) & 0x3f) | 0x80;
  return formatUuid(digest, 0);
}

/** Id of the n-th task (from 0) that a run of `parentId` with this retry count publishes. */
export function childTaskId(parentId: string, retries: number, n: number): TaskId {
  return uuid5(`${parentId}/${String(retries)}/${String(n)}`);
}
