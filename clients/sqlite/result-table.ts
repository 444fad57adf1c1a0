/**
 * SQL over stored results. Every store gives its rows new numbers (`seq`) in commit order, so a watcher asks only for
 * what is new. Methods run inside a transaction of the caller (the I/O thread), `since` and `fetch` also without one.
 */
import type { Connection, Statement } from './connection.js';
import type { PackedRows } from './io-protocol.js';
import { toPackedRows } from './queue-tables.js';

const PACKED = `json_group_array(json_array(task_id, state, octet_length(document))), CAST(group_concat(document, '') AS BLOB)`;

const TRIMS_PER_BOUND = 20;

export interface NewResults {
  readonly rows: PackedRows;
  readonly count: number;
  readonly lastSeq: number;
}

export class ResultTable {
  readonly #advance: Statement;
  readonly #upsert: Statement;
  readonly #expire: Statement;
  readonly #trim: Statement;
  readonly #fetch: Statement;
  readonly #since: Statement;
  readonly #lastSeq: Statement;
  readonly #forget: Statement;
  /** Results stored since the last look at their number. */
  #untrimmed = 0;

  constructor(db: Connection) {
    this.#advance = db.prepare("UPDATE counter SET value = value + ?1 WHERE name = 'result' RETURNING value");
    // libsql binds a buffer without bytes as NULL, hence `ifnull`.
    // D4: SUCCESS stands, and a ready state is never replaced by an unready one.
    this.#upsert = db.prepare(`INSERT INTO result (seq, task_id, state, is_ready, document, expires)
      SELECT ?3 + key, value ->> 0, value ->> 1, value ->> 2, ifnull(substr(?2, 1 + (value ->> 3), value ->> 4), x''), ?4
      FROM json_each(?1) WHERE true
      ON CONFLICT (task_id) DO UPDATE SET seq = excluded.seq, state = excluded.state, is_ready = excluded.is_ready,
        document = excluded.document, expires = excluded.expires
      WHERE result.state <> 'SUCCESS' AND result.is_ready <= excluded.is_ready`);
    this.#expire = db.prepare(`DELETE FROM result WHERE seq IN
      (SELECT seq FROM result WHERE expires IS NOT NULL AND expires <= ?1 ORDER BY expires LIMIT ?2)`);
    this.#trim = db.prepare(`DELETE FROM result WHERE seq IN (SELECT seq FROM result
      WHERE seq <= (SELECT seq FROM result ORDER BY seq DESC LIMIT 1 OFFSET ?1) ORDER BY seq LIMIT ?2)`);
    this.#fetch = db.prepare(`SELECT ${PACKED} FROM json_each(?1) AS wanted
      CROSS JOIN result ON result.task_id = wanted.value WHERE expires IS NULL OR expires > ?2`);
    this.#since = db.prepare(`SELECT ${PACKED}, count(*), max(seq) FROM
      (SELECT seq, task_id, state, document FROM result WHERE seq > ?1 ORDER BY seq LIMIT ?2)`);
    this.#lastSeq = db.prepare("SELECT value FROM counter WHERE name = 'result'");
    this.#forget = db.prepare('DELETE FROM result WHERE task_id IN (SELECT value FROM json_each(?1))');
  }

  /**
   * Stores a packed batch and removes expired results, twice as many at most as are stored: so the table shrinks while
   * it is used, and no single transaction is long.
   */
  store(
    batch: {
      readonly meta: string;
      readonly data: Uint8Array;
      readonly count: number;
      readonly expiresEpochS: number | null;
      readonly maxCount: number | null;
    },
    nowEpochMs: number,
  ): void {
    const firstSeq = Number(this.#advance.row(batch.count)?.[0]) - batch.count + 1;
    this.#upsert.run(batch.meta, batch.data, firstSeq, batch.expiresEpochS);
    this.expire(2 * batch.count, nowEpochMs);
    if (batch.maxCount !== null) this.#trimNowAndThen(batch.count, batch.maxCount);
  }

  /** Removes so many expired results at most, the oldest first; answers how many. */
  expire(maxRows: number, nowEpochMs: number): number {
    return this.#expire.run(Math.floor(nowEpochMs / 1_000), maxRows);
  }

  /** Of all but the last `maxCount` results removes `maxRows` at most, the oldest first; answers how many. */
  trim(maxCount: number, maxRows: number): number {
    this.#untrimmed = 0;
    return this.#trim.run(maxCount, maxRows);
  }

  /**
   * A walk for each twentieth of the bound that was stored: about 20 steps of it a result, whatever the bound. Twice what was
   * stored goes at most, so that no transaction is long where a bound is new and a million results are there.
   */
  #trimNowAndThen(count: number, maxCount: number): void {
    this.#untrimmed += count;
    if (this.#untrimmed * TRIMS_PER_BOUND >= maxCount) this.trim(maxCount, 2 * this.#untrimmed);
  }

  /** Rows `[taskId, state, length]` of those that are stored. */
  fetch(taskIds: readonly string[], nowEpochMs: number): PackedRows {
    return toPackedRows(this.#fetch.row(JSON.stringify(taskIds), Math.floor(nowEpochMs / 1_000)));
  }

  since(seq: number, limit: number): NewResults {
    const row = this.#since.row(seq, limit);
    return { rows: toPackedRows(row), count: Number(row?.[2] ?? 0), lastSeq: Number(row?.[3] ?? seq) };
  }

  lastSeq(): number {
    return Number(this.#lastSeq.row()?.[0]);
  }

  forget(taskIds: readonly string[]): void {
    this.#forget.run(JSON.stringify(taskIds));
  }
}
