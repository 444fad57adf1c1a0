/**
 * The requests about exchanges and queues, each within a transaction of the I/O loop: declare, bind, unbind, remove, read. And
 * what this process has declared of things that remove themselves: when they are gone while it still uses them (its lease had
 * ended), they are made again, as a client does that has lost its connection to a server.
 */
import type { Binding, ExchangeDeclaration, QueueDeclaration } from '../../core/ports/transport.js';
import type { IoRequest, Topology } from './io-protocol.js';
import type { QueueDirectory } from './queue-directory.js';
import type { QueueLook } from './queue-look.js';
import { keyOf, type TopologyTables } from './topology-tables.js';
import type { TransactionEffects } from './transaction-effects.js';

type RequestOf<K extends IoRequest['kind']> = Extract<IoRequest, { readonly kind: K }>;

export interface TopologyParts {
  readonly directory: QueueDirectory;
  readonly tables: TopologyTables;
  readonly look: QueueLook;
}

interface OwnQueue {
  readonly declaration: QueueDeclaration;
  /** Key → binding. */
  readonly bindings: Map<string, Binding>;
}

export class TopologyOperations {
  readonly #parts: TopologyParts;
  readonly #ownExchanges = new Map<string, ExchangeDeclaration>();
  readonly #ownQueues = new Map<string, OwnQueue>();

  constructor(parts: TopologyParts) {
    this.#parts = parts;
  }

  declareExchanges({ exchanges }: RequestOf<'declare-exchanges'>): void {
    for (const exchange of exchanges) if (exchange.autoDelete === true) this.#ownExchanges.set(exchange.name, exchange);
    const added = exchanges.filter((exchange) => this.#parts.tables.declareExchange(exchange));
    if (added.length > 0) this.#parts.directory.bump();
  }

  declare({ queues }: RequestOf<'declare'>): void {
    for (const declaration of queues) {
      this.#declare(declaration, declaration.bindings ?? []);
      this.#remember(declaration);
    }
  }

  /** Makes a queue again that this process has declared and that has removed itself. */
  restore(name: string): void {
    const own = this.#ownQueues.get(name);
    if (own === undefined || this.#parts.directory.find(name) !== null) return;
    const bindings = [...own.bindings.values()];
    const exchanges = bindings.flatMap(({ exchange }) => this.#ownExchanges.get(exchange) ?? []);
    this.declareExchanges({ kind: 'declare-exchanges', exchanges });
    this.#declare(
      own.declaration,
      bindings.filter(({ exchange }) => this.#parts.tables.hasExchange(exchange)),
    );
  }

  unbind({ queue: name, bindings }: RequestOf<'unbind'>): void {
    const { directory, tables } = this.#parts;
    for (const binding of bindings) this.#ownQueues.get(name)?.bindings.delete(`${binding.exchange} ${keyOf(binding)}`);
    const queue = directory.find(name);
    if (queue === null) return;
    const removed = bindings.filter((binding) => tables.unbind(queue.id, binding));
    if (removed.length > 0) directory.bump();
  }

  /** Removes queues that belong to somebody who closes. */
  remove({ queues }: RequestOf<'remove'>, effects: TransactionEffects): void {
    const { directory, look } = this.#parts;
    const found = queues.flatMap((name) => directory.find(name) ?? []);
    effects.rows += look.remove(found);
    for (const name of queues) this.#ownQueues.delete(name);
  }

  #declare(declaration: QueueDeclaration, bindings: readonly Binding[]): void {
    const { directory, tables } = this.#parts;
    const queue = directory.declare(declaration);
    const added = bindings.filter((binding) => tables.bind(queue, binding));
    if (added.length > 0) directory.bump();
  }

  #remember(declaration: QueueDeclaration): void {
    const { name, autoDelete, exclusive, expiresMs = null, bindings = [] } = declaration;
    if (autoDelete !== true && exclusive !== true && expiresMs === null) return;
    const own = this.#ownQueues.get(name) ?? { declaration, bindings: new Map<string, Binding>() };
    for (const binding of bindings) own.bindings.set(`${binding.exchange} ${keyOf(binding)}`, binding);
    this.#ownQueues.set(name, own);
  }

  read({ knownVersion }: RequestOf<'topology'>): Topology | null {
    const version = this.#parts.directory.readVersion();
    return version === knownVersion ? null : { version, ...this.#parts.tables.read() };
  }
}
