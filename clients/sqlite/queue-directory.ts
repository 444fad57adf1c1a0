/**
 * Which queues a file has, what was declared of each, who consumes them and when one removes itself. Each method runs inside
 * a transaction of the caller (the I/O thread). Remembers what it has read: other processes change it, so every transaction
 * begins with `refresh`, one row (3 µs), and everything else costs nothing while the version stands.
 */
import type { QueueDeclaration } from '../../core/ports/transport.js';
import type { Connection, Statement } from './connection.js';
import { RefusedRequest } from './io-failure.js';
import { isGone, type ProcessIdentity } from './process-identity.js';

/** The declaration without its bindings; null in the directory for a queue that is only a name. */
export type QueueRules = Omit<QueueDeclaration, 'bindings' | 'exclusive'> & {
  /** The process whose queue it is. */
  readonly exclusive?: ProcessIdentity;
};

export interface StoredQueue {
  readonly id: number;
  readonly name: string;
  readonly rules: QueueRules | null;
}

const SQL = {
  find: 'SELECT id, rules FROM queue WHERE name = ?1',
  add: `INSERT INTO queue (name, rules, is_transient, used) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING`,
  names: 'SELECT name FROM queue ORDER BY name',
  version: "SELECT value FROM counter WHERE name = 'topology'",
  bump: "UPDATE counter SET value = value + 1 WHERE name = 'topology' RETURNING value",
  use: 'UPDATE queue SET used = ?2 WHERE id = ?1 AND is_transient = 1',
  hadConsumer: 'UPDATE queue SET had_consumer = 1 WHERE id = ?1 AND is_transient = 1',
  subscribe: 'INSERT INTO subscription (owner, queue) VALUES (?1, ?2) ON CONFLICT DO NOTHING',
  unsubscribe: 'DELETE FROM subscription WHERE owner = ?1 AND queue = ?2',
  subscribed: 'SELECT queue FROM subscription WHERE owner = ?1',
  transient: `SELECT id, name, rules, used, had_consumer FROM queue
    WHERE is_transient = 1 AND NOT EXISTS (SELECT 1 FROM subscription WHERE subscription.queue = queue.id)`,
  isHeld: 'SELECT 1 FROM unsettled WHERE queue = ?1 LIMIT 1',
  removeQueue: 'DELETE FROM queue WHERE id = ?1',
  removeSubscriptions: 'DELETE FROM subscription WHERE queue = ?1',
} as const;

export class QueueDirectory {
  readonly #self: ProcessIdentity;
  readonly #sql: { readonly [K in keyof typeof SQL]: Statement };
  readonly #queues = new Map<string, StoredQueue>();
  #version = -1;

  constructor(db: Connection, self: ProcessIdentity) {
    this.#self = self;
    const entries = Object.entries(SQL).map(([name, sql]) => [name, db.prepare(sql)]);
    this.#sql = Object.fromEntries(entries) as { [K in keyof typeof SQL]: Statement };
  }

  /** Forgets what another process may have changed. */
  refresh(): void {
    const version = this.readVersion();
    if (version === this.#version) return;
    this.#queues.clear();
    this.#version = version;
  }

  /** Called after a rollback: what was read or made in it may not exist. */
  forget(): void {
    this.#queues.clear();
    this.#version = -1;
  }

  readVersion(): number {
    return Number(this.#sql.version.row()?.[0]);
  }

  /** Queues, their rules or their bindings have changed: every process reads them again. */
  bump(): void {
    this.#version = Number(this.#sql.bump.row()?.[0]);
  }

  names(): readonly string[] {
    return this.#sql.names.rows().map((row) => String(row[0]));
  }

  /** The queue, created when missing. */
  get(name: string): StoredQueue {
    return this.find(name) ?? this.declare({ name, durable: true });
  }

  /** The queue, created when missing. @throws RefusedRequest when it belongs to another process. */
  declare(declaration: QueueDeclaration): StoredQueue {
    const { name } = declaration;
    const rules = this.#rulesOf(declaration);
    const isTransient =
      rules !== null && ('autoDelete' in rules || 'exclusive' in rules || 'expiresMs' in rules) ? 1 : 0;
    const nowEpochMs = Date.now();
    if (this.#find(name) === null) {
      this.#sql.add.run(name, rules === null ? null : JSON.stringify(rules), isTransient, nowEpochMs);
      if (rules !== null) this.bump();
    }
    const queue = this.#find(name);
    if (queue === null) throw new RefusedRequest('refused', `queue "${name}" cannot be created`);
    this.#refuseStranger(queue);
    if (queue.rules !== null) this.#sql.use.run(queue.id, nowEpochMs);
    return queue;
  }

  /** Notes that a consumer epoch takes from a queue. @throws RefusedRequest when it belongs to another process. */
  subscribe(owner: number, queue: StoredQueue): void {
    this.#refuseStranger(queue);
    this.#sql.subscribe.run(owner, queue.id);
    if (queue.rules !== null) this.#sql.hadConsumer.run(queue.id);
  }

  unsubscribe(owner: number, queueId: number): void {
    this.#sql.unsubscribe.run(owner, queueId);
    this.#sql.use.run(queueId, Date.now());
  }

  unsubscribeAll(owner: number): void {
    for (const [queueId] of this.#sql.subscribed.rows(owner)) this.unsubscribe(owner, Number(queueId));
  }

  /** Queues that nobody consumes or holds messages of, and whose time is over. */
  orphans(): readonly StoredQueue[] {
    const nowEpochMs = Date.now();
    return this.#sql.transient
      .rows()
      .filter((row) => this.#isOver(row, nowEpochMs) && this.#sql.isHeld.row(Number(row[0])) === null)
      .map(toStoredQueue);
  }

  find(name: string): StoredQueue | null {
    return this.#queues.get(name) ?? this.#find(name);
  }

  /** Takes the queue off the list; messages and bindings are removed by the caller. */
  remove(queue: StoredQueue): void {
    this.#sql.removeQueue.run(queue.id);
    this.#sql.removeSubscriptions.run(queue.id);
    this.#queues.delete(queue.name);
    this.bump();
  }

  #find(name: string): StoredQueue | null {
    const row = this.#sql.find.row(name);
    if (row === null) return null;
    const queue = toStoredQueue([row[0], name, row[1]]);
    this.#queues.set(name, queue);
    return queue;
  }

  #isOver(row: readonly unknown[], nowEpochMs: number): boolean {
    const { rules } = toStoredQueue(row);
    if (rules === null) return false;
    const { autoDelete, exclusive, expiresMs = null } = rules;
    if (autoDelete === true && Number(row[4]) === 1) return true;
    if (exclusive !== undefined && isGone(exclusive, this.#self)) return true;
    return expiresMs !== null && Number(row[3]) + expiresMs <= nowEpochMs;
  }

  #rulesOf(declaration: QueueDeclaration): QueueRules | null {
    const { bindings: _, exclusive, ...rest } = declaration;
    const given = Object.entries(rest).filter(([, value]) => value !== null && value !== undefined && value !== false);
    const rules = { ...Object.fromEntries(given), ...(exclusive === true ? { exclusive: this.#self } : {}) };
    return Object.keys(rules).some((key) => key !== 'name' && key !== 'durable') ? (rules as QueueRules) : null;
  }

  #refuseStranger({ name, rules }: StoredQueue): void {
    const owner = rules?.exclusive;
    if (owner === undefined || isSameProcess(owner, this.#self)) return;
    throw new RefusedRequest('refused', `queue "${name}" is exclusive to process ${String(owner.pid)}`);
  }
}

function isSameProcess(left: ProcessIdentity, right: ProcessIdentity): boolean {
  return (
    left.boot === right.boot &&
    left.namespace === right.namespace &&
    left.pid === right.pid &&
    left.started === right.started
  );
}

function toStoredQueue([id, name, rules]: readonly unknown[]): StoredQueue {
  return { id: Number(id), name: String(name), rules: parseRules(rules) };
}

/** Rules that somebody has damaged are none: the queue goes on. */
function parseRules(text: unknown): QueueRules | null {
  if (typeof text !== 'string') return null;
  try {
    return JSON.parse(text) as QueueRules;
  } catch {
    return null;
  }
}
