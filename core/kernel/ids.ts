/**
 * Ids. A task id is a random UUID (CALL-05); the id of a task published inside a task is UUIDv5 over its parent, so a
 * repeat of the parent publishes the same children (design §4, reliability R2).
 */
import { createHash } from 'node:crypto';
import type { Random } from './random.js';

declare const taskIdBrand: unique symbol;
/** Id of a task: at most 155 characters of `[A-Za-z0-9_.:-]` when we make it; any string when it is read. */
export type TaskId = string & { readonly [taskIdBrand]: never };

export function asTaskId(text: string): TaskId {
  return text as TaskId;
}

/** Makes the id of a new task or message. */
export type NewId = () => TaskId;

const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

function formatUuid(b: Uint8Array, at: number): TaskId {
  const h = (i: number): string => HEX[b[at + i] ?? 0] ?? '';
  const head = `${h(0)}${h(1)}${h(2)}${h(3)}-${h(4)}${h(5)}-${h(6)}${h(7)}-${h(8)}${h(9)}`;
  return asTaskId(`${head}-${h(10)}${h(11)}${h(12)}${h(13)}${h(14)}${h(15)}`);
}

const POOL_BYTES = 16 * 256;

/** Random UUIDs (version 4); one draw from the source fills 256 of them. */
export function createUuid4(random: Random): NewId {
  const pool = new Uint8Array(POOL_BYTES);
  let at = POOL_BYTES;
  return () => {
    if (at === POOL_BYTES) {
      random.fill(pool);
      at = 0;
    }
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
