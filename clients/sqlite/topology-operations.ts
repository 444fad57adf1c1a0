/** The requests about exchanges and queues, each within a transaction of the I/O loop: declare, bind, unbind, remove, read. */
import type { IoRequest, Topology } from './io-protocol.js';
import type { QueueDirectory } from './queue-directory.js';
import type { QueueLook } from './queue-look.js';
import type { TopologyTables } from './topology-tables.js';
import type { TransactionEffects } from './transaction-effects.js';

type RequestOf<K extends IoRequest['kind']> = Extract<IoRequest, { readonly kind: K }>;

export interface TopologyParts {
  readonly directory: QueueDirectory;
  readonly tables: TopologyTables;
  readonly look: QueueLook;
}

export class TopologyOperations {
  readonly #parts: TopologyParts;

  constructor(parts: TopologyParts) {
    this.#parts = parts;
  }

  declareExchanges({ exchanges }: RequestOf<'declare-exchanges'>): void {
    const added = exchanges.filter((exchange) => this.#parts.tables.declareExchange(exchange));
    if (added.length > 0) this.#parts.directory.bump();
  }

  declare({ queues }: RequestOf<'declare'>): void {
    const { directory, tables } = this.#parts;
    for (const declaration of queues) {
      const queue = directory.declare(declaration);
      const added = (declaration.bindings ?? []).filter((binding) => tables.bind(queue, binding));
      if (added.length > 0) directory.bump();
    }
  }

  unbind({ queue: name, bindings }: RequestOf<'unbind'>): void {
    const { directory, tables } = this.#parts;
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
  }

  read({ knownVersion }: RequestOf<'topology'>): Topology | null {
    const version = this.#parts.directory.readVersion();
    return version === knownVersion ? null : { version, ...this.#parts.tables.read() };
  }
}
