/**
 * SQL over consumers: who holds deliveries, until when, and who is gone. Methods run inside a transaction of the caller
 * (the I/O thread).
 */
import type { Connection, Statement } from './connection.js';
import { isGone, type ProcessIdentity } from './process-identity.js';

export interface ConsumerRow extends ProcessIdentity {
  readonly owner: number;
  readonly leaseUntilEpochMs: number;
}

export class ConsumerTable {
  readonly #advance: Statement;
  readonly #insert: Statement;
  readonly #renew: Statement;
  readonly #exists: Statement;
  readonly #remove: Statement;
  readonly #removeUnrenewed: Statement;
  readonly #list: Statement;
  readonly #self: ProcessIdentity;

  constructor(db: Connection, self: ProcessIdentity) {
    this.#self = self;
    this.#advance = db.prepare("UPDATE counter SET value = value + 1 WHERE name = 'consumer' RETURNING value");
    this.#insert = db.prepare(
      'INSERT INTO consumer (id, boot, namespace, pid, started, lease_until) VALUES (?,?,?,?,?,?)',
    );
    this.#renew = db.prepare('UPDATE consumer SET lease_until = ?2 WHERE id = ?1');
    this.#exists = db.prepare('SELECT 1 FROM consumer WHERE id = ?1');
    this.#remove = db.prepare('DELETE FROM consumer WHERE id = ?1');
    this.#removeUnrenewed = db.prepare('DELETE FROM consumer WHERE id = ?1 AND lease_until = ?2');
    this.#list = db.prepare('SELECT id, boot, namespace, pid, started, lease_until FROM consumer');
  }

  /** Begins a consumer epoch; answers its owner number, which is never used again. */
  register(leaseUntilEpochMs: number): number {
    const owner = Number(this.#advance.row()?.[0]);
    const { boot, namespace, pid, started } = this.#self;
    this.#insert.run(owner, boot, namespace, pid, started, leaseUntilEpochMs);
    return owner;
  }

  /** False when the epoch is over: somebody took its deliveries. */
  renew(owner: number, leaseUntilEpochMs: number): boolean {
    return this.#renew.run(owner, leaseUntilEpochMs) === 1;
  }

  exists(owner: number): boolean {
    return this.#exists.row(owner) !== null;
  }

  remove(owner: number): void {
    this.#remove.run(owner);
  }

  /** Consumers whose lease has ended or whose process is gone. A read: what it finds is removed with `removeDead`. */
  dead(nowEpochMs: number, except: ReadonlySet<number>): readonly ConsumerRow[] {
    return this.#list
      .rows()
      .map(toConsumerRow)
      .filter((row) => !except.has(row.owner) && (row.leaseUntilEpochMs < nowEpochMs || isGone(row, this.#self)));
  }

  /** False when it was renewed or removed meanwhile. */
  removeDead(row: ConsumerRow): boolean {
    return this.#removeUnrenewed.run(row.owner, row.leaseUntilEpochMs) === 1;
  }
}

function toConsumerRow(row: readonly unknown[]): ConsumerRow {
  return {
    owner: Number(row[0]),
    boot: String(row[1]),
    namespace: String(row[2]),
    pid: Number(row[3]),
    started: String(row[4]),
    leaseUntilEpochMs: Number(row[5]),
  };
}
