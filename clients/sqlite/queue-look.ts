/**
 * SQL for people who look after queues: figures, messages without taking them, moves of single messages, emptying and
 * removing. None of it is on the way of a task. Each method runs inside a transaction, or a read, of the caller (the I/O
 * thread).
 */
import type { MessageState } from '../../core/ports/transport.js';
import type { Connection, Statement } from './connection.js';
import type { MoveRequest, PackedRows, QueueFigures } from './io-protocol.js';
import type { QueueDirectory, StoredQueue } from './queue-directory.js';
import { toPackedRows, type QueueTables } from './queue-tables.js';
import type { TopologyTables } from './topology-tables.js';

/** Index of `publishedEpochMs` in the properties (packed-rows.ts). */
const PUBLISHED = 9;

/** Rows `[headersLength, propertiesLength, bodyLength, deliveries, id]` of the oldest messages in one state. */
function browseSql(table: string): string {
  return `SELECT
      json_group_array(json_array(octet_length(headers), octet_length(properties), octet_length(body), deliveries, picked)),
      CAST(group_concat(coalesce(headers, '') || coalesce(properties, '') || coalesce(body, ''), '') AS BLOB)
    FROM (SELECT id AS picked, CAST(deliveries AS INTEGER) AS deliveries FROM ${table}
          WHERE queue = (SELECT id FROM queue WHERE name = ?1) ORDER BY id LIMIT ?2)
    LEFT JOIN message ON message.id = picked`;
}

const SQL = {
  deleteMessages: `DELETE FROM message WHERE id IN
    (SELECT id FROM ready WHERE queue = ?1 UNION ALL SELECT id FROM delayed WHERE queue = ?1)`,
  deleteReady: 'DELETE FROM ready WHERE queue = ?1',
  deleteDelayed: 'DELETE FROM delayed WHERE queue = ?1',
  count: `SELECT (SELECT count(*) FROM ready WHERE queue = q.id) + (SELECT count(*) FROM delayed WHERE queue = q.id)
    FROM (SELECT (SELECT id FROM queue WHERE name = ?1) AS id) AS q`,
  stats: `SELECT (SELECT count(*) FROM ready WHERE queue = ?1), (SELECT count(*) FROM unsettled WHERE queue = ?1),
    (SELECT count(*) FROM delayed WHERE queue = ?1), (SELECT count(*) FROM subscription WHERE queue = ?1),
    (SELECT iif(json_valid(properties), properties ->> ${String(PUBLISHED)}, NULL) FROM message
      WHERE id = (SELECT min(id) FROM ready WHERE queue = ?1))`,
  ready: browseSql('ready'),
  delayed: browseSql('delayed'),
  unacked: browseSql('unsettled'),
  // One pass over the queue for all ids: `ready` is ordered by priority first.
  findReady: `SELECT id, rank, bytes FROM ready WHERE queue = ?1 AND id IN (SELECT value FROM json_each(?2))`,
  findDelayed: `SELECT id, rank, bytes, due FROM delayed WHERE queue = ?1 AND id IN (SELECT value FROM json_each(?2))`,
  takeReady: 'DELETE FROM ready WHERE queue = ?1 AND rank = ?2 AND id = ?3',
  takeDelayed: 'DELETE FROM delayed WHERE due = ?1 AND id = ?2',
  deleteMessage: 'DELETE FROM message WHERE id = ?1',
  deleteHeldMessages: 'DELETE FROM message WHERE id IN (SELECT id FROM unsettled WHERE queue = ?1)',
  deleteUnsettled: 'DELETE FROM unsettled WHERE queue = ?1',
  origin: `SELECT name, iif(json_valid(properties), properties ->> 1, '') FROM unsettled
    JOIN queue ON queue.id = unsettled.queue LEFT JOIN message ON message.id = unsettled.id WHERE unsettled.id = ?1`,
} as const;

export class QueueLook {
  readonly #sql: { readonly [K in keyof typeof SQL]: Statement };
  readonly #parts: {
    readonly directory: QueueDirectory;
    readonly topology: TopologyTables;
    readonly queues: QueueTables;
  };

  constructor(
    db: Connection,
    parts: { readonly directory: QueueDirectory; readonly topology: TopologyTables; readonly queues: QueueTables },
  ) {
    this.#parts = parts;
    const entries = Object.entries(SQL).map(([name, sql]) => [name, db.prepare(sql)]);
    this.#sql = Object.fromEntries(entries) as { [K in keyof typeof SQL]: Statement };
  }

  count(queue: string): number {
    return Number(this.#sql.count.row(queue)?.[0]);
  }

  stats(name: string): QueueFigures {
    this.#parts.directory.refresh();
    const queue = this.#parts.directory.find(name);
    const [ready, unacked, delayed, consumers, oldest] = this.#sql.stats.row(queue?.id ?? null) ?? [];
    return {
      ready: Number(ready),
      unacked: Number(unacked),
      delayed: Number(delayed),
      consumers: Number(consumers),
      oldestEpochMs: typeof oldest === 'number' ? oldest : null,
    };
  }

  browse(queue: string, limit: number, state: MessageState): PackedRows {
    return toPackedRows(this.#sql[state].row(queue, limit));
  }

  /** Queue and routing key of an unsettled message. */
  origin(id: number): readonly [queue: string, routingKey: string] {
    const [queue = '', routingKey = ''] = this.#sql.origin.row(id) ?? [];
    return [String(queue), String(routingKey)];
  }

  /** Answers the positions of those that were not there. */
  move(name: string, moves: readonly MoveRequest[]): readonly number[] {
    const { directory, queues } = this.#parts;
    const queue = directory.find(name);
    if (queue === null) return moves.map((_, i) => i);
    const ids = JSON.stringify(moves.map(({ id }) => id));
    const found = new Map<number, { readonly rank: number; readonly bytes: number; readonly due: number | null }>();
    for (const [id, rank, bytes, due = null] of [
      ...this.#sql.findReady.rows(queue.id, ids),
      ...this.#sql.findDelayed.rows(queue.id, ids),
    ]) {
      found.set(Number(id), { rank: Number(rank), bytes: Number(bytes), due: due === null ? null : Number(due) });
    }
    const gone: number[] = [];
    for (const [i, { id, to }] of moves.entries()) {
      const row = found.get(id);
      // A second move of the same message finds it gone.
      if (row === undefined || !found.delete(id)) {
        gone.push(i);
        continue;
      }
      if (to !== null) queues.copy(id, row, to);
      if (row.due === null) this.#sql.takeReady.run(queue.id, row.rank, id);
      else this.#sql.takeDelayed.run(row.due, id);
      this.#sql.deleteMessage.run(id);
    }
    return gone;
  }

  /** Removes what is ready and delayed; answers how many there were. */
  purge(name: string): number {
    const queue = this.#parts.directory.find(name);
    return queue === null ? 0 : this.#empty(queue.id);
  }

  /** Removes queues with their messages and bindings. */
  remove(queues: readonly StoredQueue[]): number {
    const { directory, topology } = this.#parts;
    let count = 0;
    for (const queue of queues) {
      count += this.#empty(queue.id) + 1;
      // Whoever holds one still will be told that it is gone.
      this.#sql.deleteHeldMessages.run(queue.id);
      this.#sql.deleteUnsettled.run(queue.id);
      topology.unbindQueue(queue.id);
      directory.remove(queue);
    }
    return count;
  }

  #empty(queueId: number): number {
    this.#sql.deleteMessages.run(queueId);
    return this.#sql.deleteReady.run(queueId) + this.#sql.deleteDelayed.run(queueId);
  }
}
