/**
 * SQL over exchanges and bindings. The rows are JSON of what was declared: this thread routes nothing, the transports of all
 * processes read the rows (`read`) and match by themselves. Each method runs inside a transaction of the caller (the I/O
 * thread), who bumps the version.
 */
import type { Binding, ExchangeDeclaration, QueueDeclaration } from '../../core/ports/transport.js';
import type { Connection, Statement } from './connection.js';
import { RefusedRequest } from './io-failure.js';
import type { Topology } from './io-protocol.js';

const SQL = {
  findExchange: 'SELECT declaration FROM exchange WHERE name = ?1',
  addExchange: 'INSERT INTO exchange (name, declaration) VALUES (?1, ?2)',
  bind: 'INSERT INTO binding (queue, exchange, key, binding) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING',
  unbind: 'DELETE FROM binding WHERE queue = ?1 AND exchange = ?2 AND key = ?3',
  boundTo: 'SELECT DISTINCT exchange FROM binding WHERE queue = ?1',
  unbindQueue: 'DELETE FROM binding WHERE queue = ?1',
  removeUnbound: `DELETE FROM exchange WHERE name = ?1 AND declaration ->> 'autoDelete'
    AND NOT EXISTS (SELECT 1 FROM binding WHERE exchange = ?1)`,
  exchanges: 'SELECT declaration FROM exchange',
  bindings: 'SELECT name, binding FROM binding JOIN queue ON queue.id = binding.queue',
  deadLetters: `SELECT name, rules -> 'deadLetter' FROM queue WHERE rules IS NOT NULL AND rules -> 'deadLetter' IS NOT NULL`,
} as const;

export class TopologyTables {
  readonly #sql: { readonly [K in keyof typeof SQL]: Statement };

  constructor(db: Connection) {
    const entries = Object.entries(SQL).map(([name, sql]) => [name, db.prepare(sql)]);
    this.#sql = Object.fromEntries(entries) as { [K in keyof typeof SQL]: Statement };
  }

  /** Whether it was missing. @throws RefusedRequest when it exists with another type. */
  declareExchange(declaration: ExchangeDeclaration): boolean {
    const { name, type } = declaration;
    if (name === '') throw new RefusedRequest('refused', 'the anonymous exchange is always there');
    const row = this.#sql.findExchange.row(name);
    if (row === null) {
      this.#sql.addExchange.run(name, JSON.stringify(declaration));
      return true;
    }
    const known = JSON.parse(String(row[0])) as ExchangeDeclaration;
    if (known.type === type) return false;
    throw new RefusedRequest('refused', `exchange "${name}" exists as ${known.type} and cannot be declared as ${type}`);
  }

  hasExchange(name: string): boolean {
    return this.#sql.findExchange.row(name) !== null;
  }

  /** Whether it was missing. @throws RefusedRequest for an unknown exchange. */
  bind(queue: { readonly id: number; readonly name: string }, binding: Binding): boolean {
    const { exchange } = binding;
    if (!this.hasExchange(exchange)) {
      const message = `queue "${queue.name}" cannot be bound to exchange "${exchange}": declare that first`;
      throw new RefusedRequest('refused', message);
    }
    return this.#sql.bind.run(queue.id, exchange, keyOf(binding), stringify(binding)) === 1;
  }

  /** Whether it was there. */
  unbind(queueId: number, binding: Binding): boolean {
    const { exchange } = binding;
    const isRemoved = this.#sql.unbind.run(queueId, exchange, keyOf(binding)) === 1;
    if (isRemoved) this.#sql.removeUnbound.run(exchange);
    return isRemoved;
  }

  unbindQueue(queueId: number): void {
    const exchanges = this.#sql.boundTo.rows(queueId).map((row) => String(row[0]));
    this.#sql.unbindQueue.run(queueId);
    for (const exchange of exchanges) this.#sql.removeUnbound.run(exchange);
  }

  read(): Omit<Topology, 'version'> {
    return {
      exchanges: this.#sql.exchanges.rows().map(([text]) => JSON.parse(String(text)) as ExchangeDeclaration),
      bindings: this.#sql.bindings
        .rows()
        .map(([queue, text]) => ({ queue: String(queue), binding: JSON.parse(String(text)) as Binding })),
      deadLetters: this.#sql.deadLetters
        .rows()
        .map(([queue, text]) => [
          String(queue),
          JSON.parse(String(text)) as NonNullable<QueueDeclaration['deadLetter']>,
        ]),
    };
  }
}

/** Bindings of one queue with the same key are the same. */
export function keyOf(binding: Binding): string {
  const pairs = Object.entries(binding.arguments ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return stringify([binding.routingKey, pairs]);
}

/** Bindings compare numbers by value, so a bigint may be written as text of its digits. */
function stringify(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) => (typeof item === 'bigint' ? String(item) : item));
}
