/**
 * SQL over messages: publish, claim, settle. Each method runs inside a transaction of the caller (the I/O thread) and touches
 * nothing else: what the thread remembers is changed by the caller after the commit.
 */
import type { Connection, Statement } from './connection.js';
import { RefusedRequest } from './io-failure.js';
import type { Destination, PackedMessages, PackedRows } from './io-protocol.js';
import type { QueueDirectory, QueueRules, StoredQueue } from './queue-directory.js';

/** A claimed row of `ready`: `[id, rank, deliveries, expiresEpochMs | null, bytes]`. */
export type Claim = readonly [number, number, number, number | null, number];

/**
 * Rows `[headersLength, propertiesLength, bodyLength, deliveries]`, in the order of the JSON array of claims: one for each,
 * also where a damaged file has no message or a column is null, for tags are counted by rows.
 */
const READ_PICKED = `
  SELECT json_group_array(json_array(octet_length(headers), octet_length(properties), octet_length(body), pick.value ->> 2)),
         CAST(group_concat(coalesce(headers || properties || body,
           coalesce(headers, '') || coalesce(properties, '') || coalesce(body, '')), '') AS BLOB)
  FROM json_each(?1) AS pick LEFT JOIN message ON message.id = pick.value ->> 0`;

const STATE_COLUMNS = 'queue, rank, id, deliveries, expires, bytes';

export class QueueTables {
  readonly #directory: QueueDirectory;
  readonly #sql: { readonly [K in SqlName]: Statement };

  constructor(db: Connection, directory: QueueDirectory) {
    this.#directory = directory;
    this.#sql = prepareAll(db);
  }

  /** @throws RefusedRequest when the queue has its maximum. */
  publish(name: string, messages: PackedMessages): void {
    const queue = this.#directory.get(name);
    const { id, rules } = queue;
    this.#refuseExcess(queue, messages.count);
    const firstId = this.#nextId(messages.count);
    this.#sql.insertMessages.run(messages.meta, messages.data, firstId);
    if (rules === null) {
      this.#sql.insertReady.run(messages.meta, id, firstId);
      if (messages.hasDelayed) this.#sql.insertDelayed.run(messages.meta, id, firstId);
      return;
    }
    const limits = [messages.meta, id, firstId, lowestRank(rules), rules.messageTtlMs ?? null, Date.now()] as const;
    this.#sql.insertReadyRuled.run(...limits);
    if (messages.hasDelayed) this.#sql.insertDelayedRuled.run(...limits);
    this.#dropExcess(queue);
  }

  /**
   * Puts copies of message `id` into queues, with other headers and address and without expiration; the original stays. A
   * letter is never refused, whatever the maximum.
   */
  copy(id: number, row: { readonly rank: number; readonly bytes: number }, to: Destination): void {
    for (const name of to.queues) {
      const { id: queueId, rules } = this.#directory.get(name);
      const copyId = this.#nextId(1);
      const { messageTtlMs = null } = rules ?? {};
      this.#sql.insertCopy.run(copyId, to.headers, to.exchange, to.routingKey, id);
      const expires = messageTtlMs === null ? null : Date.now() + messageTtlMs;
      this.#sql.insertCopyReady.run(queueId, Math.max(row.rank, lowestRank(rules)), copyId, expires, row.bytes);
    }
  }

  /** Up to `limit` ready messages of a queue in claim order, still in place. */
  candidates(queueId: number, limit: number): readonly Claim[] {
    return JSON.parse(String(this.#sql.candidates.row(queueId, limit)?.[0])) as Claim[];
  }

  hasReady(queueId: number): boolean {
    return this.#sql.hasReady.row(queueId) !== null;
  }

  /** Hands `picks` to `owner` and drops `expired`; together they are the first of the queue in claim order. */
  take(
    queueId: number,
    owner: number,
    taken: { readonly picks: readonly Claim[]; readonly expired: readonly Claim[] },
  ): PackedRows {
    const { picks, expired } = taken;
    const json = JSON.stringify(picks);
    this.#sql.insertUnsettled.run(json, owner, queueId);
    // A prefix of the claim order is one range of the key for each rank.
    const lastOfRank = new Map<number, number>();
    for (const [id, rank] of [...picks, ...expired]) lastOfRank.set(rank, Math.max(id, lastOfRank.get(rank) ?? 0));
    let deleted = 0;
    for (const [rank, lastId] of lastOfRank) deleted += this.#sql.deleteReadyUpTo.run(queueId, rank, lastId);
    // A damaged rank is in no such range: left there, the row would be claimed again, and block every claim while it is held.
    if (deleted < picks.length + expired.length) {
      const ids = [...picks, ...expired].map((claim) => claim[0]);
      this.#sql.deleteReady.run(queueId, JSON.stringify(ids));
    }
    if (expired.length > 0) this.#sql.deleteMessages.run(JSON.stringify(expired.map((claim) => claim[0])));
    return toPackedRows(this.#sql.readPicked.row(json));
  }

  /** JSON array of those `ids` that `owner` holds. */
  owned(ids: readonly number[], owner: number): string {
    return String(this.#sql.owned.row(JSON.stringify(ids), owner)?.[0]);
  }

  /** Ends messages for good. @param ids JSON array, checked with `owned`. */
  remove(ids: string): void {
    this.#sql.deleteUnsettled.run(ids);
    this.#sql.deleteMessages.run(ids);
  }

  /** Makes unsettled messages ready again. @param ids JSON array, checked with `owned`. */
  requeue(ids: string, counted: 0 | 1, dueEpochMs: number | null): void {
    if (dueEpochMs === null) this.#sql.requeue.run(ids, counted);
    else this.#sql.requeueDelayed.run(ids, counted, dueEpochMs);
    this.#sql.deleteUnsettled.run(ids);
  }

  /** Moves an unsettled message elsewhere. @param id checked with `owned`. */
  deadLetter(id: number, to: Destination): void {
    const row = this.#sql.unsettled.row(id) ?? [];
    this.copy(id, { rank: Number(row[0] ?? 0), bytes: Number(row[1] ?? 0) }, to);
    this.remove(JSON.stringify([id]));
  }

  /** Makes everything that `owner` holds ready again. */
  releaseOwner(owner: number, counted: 0 | 1): number {
    const count = this.#sql.releaseOwner.run(owner, counted);
    if (count > 0) this.#sql.deleteOwner.run(owner);
    return count;
  }

  /** Moves up to `limit` messages that are due to `ready`; answers their number. */
  promote(nowEpochMs: number, limit: number): number {
    const due = String(this.#sql.due.row(nowEpochMs, limit)?.[0]);
    if (due === '[]') return 0;
    const count = this.#sql.promote.run(due);
    this.#sql.deleteDelayed.run(due);
    return count;
  }

  nextDueEpochMs(): number | null {
    const row = this.#sql.nextDue.row();
    return row === null ? null : Number(row[0]);
  }

  #refuseExcess({ id, name, rules }: StoredQueue, count: number): void {
    if (rules === null) return;
    const { maxLength = null, overflow } = rules;
    if (maxLength === null || overflow === 'drop-oldest') return;
    if (Number(this.#sql.length.row(id)?.[0]) + count > maxLength) {
      throw new RefusedRequest('full', `queue "${name}" is full: its maximum is ${String(maxLength)} messages`);
    }
  }

  #dropExcess({ id, rules }: StoredQueue): void {
    const { maxLength = null, overflow } = rules ?? {};
    if (maxLength === null || overflow !== 'drop-oldest') return;
    const dropped = String(this.#sql.oldestBeyond.row(id, maxLength)?.[0]);
    if (dropped === '[]') return;
    this.#sql.deleteReady.run(id, dropped);
    this.#sql.deleteMessages.run(dropped);
  }

  #nextId(count: number): number {
    return Number(this.#sql.advance.row(count)?.[0]) - count + 1;
  }
}

/** Rank of the highest priority that counts. */
function lowestRank(rules: QueueRules | null): number {
  return -(rules?.maxPriority ?? Number.MAX_SAFE_INTEGER);
}

/** An aggregate over no rows answers `[]` and null. */
export function toPackedRows(row: readonly unknown[] | null): PackedRows {
  const [meta, data] = (row ?? []) as readonly [string?, (Uint8Array | null)?];
  return { meta: meta ?? '[]', data: data ?? new Uint8Array(0) };
}

/** The sooner of the queue's time (?5) and the message's own, from when it is ready (?6 is now); null in a queue without. */
const RULED_EXPIRES = 'coalesce(value ->> 1, ?6) + min(?5, coalesce((value ->> 2) - ?6, ?5))';

/** ?1 is `PackedMessages.meta`, whose row is `[rank, due, expires, offset, headersLength, propertiesLength, bodyLength]`. */
const PUBLISH = {
  insertMessages: `INSERT INTO message (id, headers, properties, body)
    SELECT ?3 + key,
      CAST(substr(?2, 1 + (value ->> 3), value ->> 4) AS TEXT),
      CAST(substr(?2, 1 + (value ->> 3) + (value ->> 4), value ->> 5) AS TEXT),
      substr(?2, 1 + (value ->> 3) + (value ->> 4) + (value ->> 5), value ->> 6)
    FROM json_each(?1)`,
  insertReady: `INSERT INTO ready (${STATE_COLUMNS})
    SELECT ?2, value ->> 0, ?3 + key, 0, NULL, value ->> 6 FROM json_each(?1) WHERE value ->> 1 IS NULL`,
  insertDelayed: `INSERT INTO delayed (due, ${STATE_COLUMNS})
    SELECT value ->> 1, ?2, value ->> 0, ?3 + key, 0, NULL, value ->> 6
    FROM json_each(?1) WHERE value ->> 1 IS NOT NULL`,
  insertReadyRuled: `INSERT INTO ready (${STATE_COLUMNS})
    SELECT ?2, max(value ->> 0, ?4), ?3 + key, 0, ${RULED_EXPIRES}, value ->> 6
    FROM json_each(?1) WHERE value ->> 1 IS NULL`,
  insertDelayedRuled: `INSERT INTO delayed (due, ${STATE_COLUMNS})
    SELECT value ->> 1, ?2, max(value ->> 0, ?4), ?3 + key, 0, ${RULED_EXPIRES}, value ->> 6
    FROM json_each(?1) WHERE value ->> 1 IS NOT NULL`,
  length: `SELECT (SELECT count(*) FROM ready WHERE queue = ?1) + (SELECT count(*) FROM delayed WHERE queue = ?1)`,
  oldestBeyond: `SELECT json_group_array(id) FROM (SELECT id FROM ready WHERE queue = ?1
    ORDER BY id LIMIT max(0, (SELECT count(*) FROM ready WHERE queue = ?1) - ?2))`,
  deleteReady: 'DELETE FROM ready WHERE queue = ?1 AND id IN (SELECT value FROM json_each(?2))',
  advance: "UPDATE counter SET value = value + ?1 WHERE name = 'message' RETURNING value",
} as const;

const CLAIM = {
  // Cast: one text or blob in a damaged row must not end every claim of its queue.
  candidates: `SELECT json_group_array(json_array(id, CAST(rank AS INTEGER), CAST(deliveries AS INTEGER),
      CAST(expires AS INTEGER), CAST(bytes AS INTEGER))) FROM
    (SELECT id, rank, deliveries, expires, bytes FROM ready WHERE queue = ?1 ORDER BY rank, id LIMIT ?2)`,
  hasReady: 'SELECT 1 FROM ready WHERE queue = ?1 LIMIT 1',
  insertUnsettled: `INSERT INTO unsettled (id, owner, queue, rank, deliveries, expires, bytes)
    SELECT value ->> 0, ?2, ?3, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each(?1)`,
  deleteReadyUpTo: 'DELETE FROM ready WHERE queue = ?1 AND rank = ?2 AND id <= ?3',
  readPicked: READ_PICKED,
  due: `SELECT json_group_array(json_array(due, id)) FROM
    (SELECT due, id FROM delayed WHERE due <= ?1 ORDER BY due, id LIMIT ?2)`,
  promote: `INSERT INTO ready (${STATE_COLUMNS}) SELECT ${STATE_COLUMNS} FROM delayed
    WHERE (due, id) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?1))`,
  deleteDelayed: 'DELETE FROM delayed WHERE (due, id) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?1))',
  nextDue: 'SELECT due FROM delayed ORDER BY due LIMIT 1',
} as const;

const SETTLE = {
  owned: `SELECT json_group_array(id) FROM unsettled
    WHERE id IN (SELECT value FROM json_each(?1)) AND owner = ?2`,
  deleteUnsettled: 'DELETE FROM unsettled WHERE id IN (SELECT value FROM json_each(?1))',
  deleteMessages: 'DELETE FROM message WHERE id IN (SELECT value FROM json_each(?1))',
  requeue: `INSERT INTO ready (${STATE_COLUMNS})
    SELECT queue, rank, id, deliveries + ?2, expires, bytes FROM unsettled WHERE id IN (SELECT value FROM json_each(?1))`,
  requeueDelayed: `INSERT INTO delayed (due, ${STATE_COLUMNS})
    SELECT ?3, queue, rank, id, deliveries + ?2, expires, bytes FROM unsettled
    WHERE id IN (SELECT value FROM json_each(?1))`,
  unsettled: 'SELECT rank, bytes FROM unsettled WHERE id = ?1',
  // LEFT JOIN and coalesce: also what a damaged file has lost goes on, as an empty letter.
  insertCopy: `INSERT INTO message (id, headers, properties, body)
    SELECT ?1, ?2,
      iif(json_valid(properties), json_set(properties, '$[0]', ?3, '$[1]', ?4, '$[8]', NULL), coalesce(properties, '')),
      coalesce(body, x'')
    FROM (SELECT ?5 AS wanted) LEFT JOIN message ON message.id = wanted`,
  insertCopyReady: `INSERT INTO ready (${STATE_COLUMNS}) VALUES (?1, ?2, ?3, 0, ?4, ?5)`,
  releaseOwner: `INSERT INTO ready (${STATE_COLUMNS})
    SELECT queue, rank, id, deliveries + ?2, expires, bytes FROM unsettled WHERE owner = ?1`,
  deleteOwner: 'DELETE FROM unsettled WHERE owner = ?1',
} as const;

function prepareAll(db: Connection): { readonly [K in SqlName]: Statement } {
  const entries = Object.entries({ ...PUBLISH, ...CLAIM, ...SETTLE });
  return Object.fromEntries(entries.map(([name, sql]) => [name, db.prepare(sql)])) as { [K in SqlName]: Statement };
}

type SqlName = keyof typeof PUBLISH | keyof typeof CLAIM | keyof typeof SETTLE;
