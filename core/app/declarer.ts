/**
 * Sees to it that the queues and exchanges of a batch exist before it is published (CALL-42): asked once for each
 * connection, since a new one may meet a broker that has forgotten them. Client and host.
 */
import type { OutgoingMessage, Transport } from '../ports/transport.js';
import type { Declarations } from '../task/publish-options.js';
import type { QueueTable } from './queue-table.js';

export class Declarer {
  readonly #queues: QueueTable;
  /** What each connection has declared: queues by name, exchanges with a `/` before it. */
  #declared = new WeakMap<Transport, Set<string>>();
  #revision = 0;

  constructor(queues: QueueTable) {
    this.#queues = queues;
  }

  /** @param extra what the publish itself wants declared. @throws TransportError as `Transport.declare` */
  async declare(
    transport: Transport,
    messages: readonly OutgoingMessage[],
    extra: Declarations | null = null,
  ): Promise<void> {
    const declared = this.#declaredAt(transport);
    if (extra !== null) await this.#tell(transport, extra);
    const missing = new Map<string, Declarations>();
    for (const { exchange, routingKey } of messages) {
      const key = exchange === '' ? routingKey : `/${exchange}`;
      if (!declared.has(key) && !missing.has(key)) {
        missing.set(key, this.#queues.declarationsFor(exchange, routingKey));
      }
    }
    if (missing.size === 0) return;
    const all = [...missing.values()];
    await this.#tell(transport, {
      exchanges: all.flatMap(({ exchanges }) => exchanges),
      queues: all.flatMap(({ queues }) => queues),
    });
    for (const key of missing.keys()) declared.add(key);
  }

  async #tell(transport: Transport, { exchanges, queues }: Declarations): Promise<void> {
    if (exchanges.length > 0) await transport.declareExchanges(exchanges);
    if (queues.length > 0) await transport.declare(queues);
  }

  #declaredAt(transport: Transport): Set<string> {
    if (this.#revision !== this.#queues.revision) {
      // A queue that came later may be bound to an exchange that was declared before.
      this.#declared = new WeakMap();
      this.#revision = this.#queues.revision;
    }
    const known = this.#declared.get(transport);
    if (known !== undefined) return known;
    const declared = new Set<string>();
    this.#declared.set(transport, declared);
    return declared;
  }
}
