/**
 * SQL over queues and messages. Each method runs inside a transaction of the caller (the I/O thread) and touches
 * nothing else: what the thread remembers is changed by the caller after the commit.
 */
import type { Connection, Statement } from './connection.js';
import type { PackedMessages, PackedRows } from './io-protocol.js';

/** A claimed row of `ready`: `[id, rank, deliveries, expiresEpochMs | null, bytes]`. */
export type Claim = readonly [number, number, number, number | null, number];

/** Rows `[headersLength, propertiesLength, bodyLength, deliveries]`, in the order of the JSON array of claims. */
const READ_PICKED = `
  SELECT json_group_array(json_array(octet_length(headers), octet_length(properties), octet_length(body), pick.value ->> 2)),
         CAST(group_concat(headers || properties || body, '') AS BLOB)
  FROM json_each(?1) AS pick CROSS JOIN message ON message.id = pick.value ->> 0`;

const STATE_COLUMNS = 'queue, rank, id, deliveries, expires, bytes';

export class QueueTables {
  readonly #db: Connection;
  readonly #queueIds = new Map<string, number>();
  readonly #sql: { readonly [K in SqlName]: Statement };

  constructor(db: Connection) {
    this.#db = db;
    this.#sql = prepareAll(db);
  }

  /** The id of a queue, created when missing. */
  declare(name: string): number {
    const known = this.#queueIds.get(name);
    if (known !== undefined) return known;
    this.#sql.addQueue.run(name);
    const id = Number(this.#sql.findQueue.row(name)?.[0]);
    this.#queueIds.set(name, id);
    return id;
  }

  /** Called after a rollback: ids of queues that were created in it do not exist. */
  forgetQueues(): void {
    this.#queueIds.clear();
  }

  names(): readonly string[] {
    return this.#db
      .prepare('SELECT name FROM queue ORDER BY name')
      .rows()
      .map((row) => String(row[0]));
  }

  publish(queue: string, messages: PackedMessages): void {
    const queueId = this.declare(queue);
    const firstId = this.#nextId(messages.count);
    this.#sql.insertMessages.run(messages.meta, messages.data, firstId);
    this.#sql.insertReady.run(messages.meta, queueId, firstId);
    if (messages.hasDelayed) this.#sql.insertDelayed.run(messages.meta, queueId, firstId);
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
    for (const [rank, lastId] of lastOfRank) this.#sql.deleteReadyUpTo.run(queueId, rank, lastId);
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

  /** Moves an unsettled message to another queue with other headers. @param id checked with `owned`. */
  deadLetter(id: number, queue: string, headers: string): void {
    const letterId = this.#nextId(1);
    const queueId = this.declare(queue);
    this.#sql.insertLetter.run(letterId, headers, queue, id);
    this.#sql.insertLetterReady.run(letterId, queueId, id);
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

  purge(queue: string): number {
    const queueId = this.declare(queue);
    this.#sql.purgeMessages.run(queueId);
    return this.#sql.purgeReady.run(queueId) + this.#sql.purgeDelayed.run(queueId);
  }

  count(queue: string): number {
    return Number(this.#sql.count.row(queue)?.[0]);
  }

  browse(queue: string, limit: number): PackedRows {
    return toPackedRows(this.#sql.browse.row(queue, limit));
  }

  #nextId(count: number): number {
    return Number(this.#sql.advance.row(count)?.[0]) - count + 1;
  }
}

/** An aggregate over no rows answers `[]` and null. */
export function toPackedRows(row: readonly unknown[] | null): PackedRows {
  const [meta, data] = (row ?? []) as readonly [string?, (Uint8Array | null)?];
  return { meta: meta ?? '[]', data: data ?? new Uint8Array(0) };
}

/** ?1 is `PackedMessages.meta`, whose row is `[rank, due, expires, offset, headersLength, propertiesLength, bodyLength]`. */
const PUBLISH = {
  insertMessages: `INSERT INTO message (id, headers, properties, body)
    SELECT ?3 + key,
      CAST(substr(?2, 1 + (value ->> 3), value ->> 4) AS TEXT),
      CAST(substr(?2, 1 + (value ->> 3) + (value ->> 4), value ->> 5) AS TEXT),
      substr(?2, 1 + (value ->> 3) + (value ->> 4) + (value ->> 5), value ->> 6)
    FROM json_each(?1)`,
  insertReady: `INSERT INTO ready (${STATE_COLUMNS})
    SELECT ?2, value ->> 0, ?3 + key, 0, value ->> 2, value ->> 6 FROM json_each(?1) WHERE value ->> 1 IS NULL`,
  insertDelayed: `INSERT INTO delayed (due, ${STATE_COLUMNS})
    SELECT value ->> 1, ?2, value ->> 0, ?3 + key, 0, value ->> 2, value ->> 6
    FROM json_each(?1) WHERE value ->> 1 IS NOT NULL`,
  advance: "UPDATE counter SET value = value + ?1 WHERE name = 'message' RETURNING value",
  addQueue: 'INSERT INTO queue (name) VALUES (?1) ON CONFLICT DO NOTHING',
  findQueue: 'SELECT id FROM queue WHERE name = ?1',
} as const;

const CLAIM = {
  candidates: `SELECT json_group_array(json_array(id, rank, deliveries, expires, bytes)) FROM
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
  insertLetter: `INSERT INTO message (id, headers, properties, body)
    SELECT ?1, ?2,
      iif(json_valid(properties), json_set(properties, '$[0]', '', '$[1]', ?3, '$[8]', NULL), properties), body
    FROM message WHERE id = ?4`,
  insertLetterReady: `INSERT INTO ready (${STATE_COLUMNS})
    SELECT ?2, rank, ?1, 0, NULL, bytes FROM unsettled WHERE id = ?3`,
  releaseOwner: `INSERT INTO ready (${STATE_COLUMNS})
    SELECT queue, rank, id, deliveries + ?2, expires, bytes FROM unsettled WHERE owner = ?1`,
  deleteOwner: 'DELETE FROM unsettled WHERE owner = ?1',
} as const;

const LOOK = {
  purgeMessages: `DELETE FROM message WHERE id IN
    (SELECT id FROM ready WHERE queue = ?1 UNION ALL SELECT id FROM delayed WHERE queue = ?1)`,
  purgeReady: 'DELETE FROM ready WHERE queue = ?1',
  purgeDelayed: 'DELETE FROM delayed WHERE queue = ?1',
  count: `SELECT (SELECT count(*) FROM ready WHERE queue = q.id) + (SELECT count(*) FROM delayed WHERE queue = q.id)
    FROM (SELECT (SELECT id FROM queue WHERE name = ?1) AS id) AS q`,
  browse: `SELECT
      json_group_array(json_array(octet_length(headers), octet_length(properties), octet_length(body), deliveries)),
      CAST(group_concat(headers || properties || body, '') AS BLOB)
    FROM (SELECT id AS picked, deliveries FROM ready
          WHERE queue = (SELECT id FROM queue WHERE name = ?1) ORDER BY id LIMIT ?2)
    CROSS JOIN message ON message.id = picked`,
} as const;

function prepareAll(db: Connection): { readonly [K in SqlName]: Statement } {
  const entries = Object.entries({ ...PUBLISH, ...CLAIM, ...SETTLE, ...LOOK });
  return Object.fromEntries(entries.map(([name, sql]) => [name, db.prepare(sql)])) as { [K in SqlName]: Statement };
}

type SqlName = keyof typeof PUBLISH | keyof typeof CLAIM | keyof typeof SETTLE | keyof typeof LOOK;
