/**
 * Transport within one process (`memory://`, `memory://NAME`): for tests, for trying things out, and for a worker
 * embedded beside its client. Runs on the host thread.
 */
import type { Clock } from '../../core/kernel/clock.js';
import { ConnectionLostError } from '../../core/kernel/errors.js';
import type {
  Binding,
  BrowsedMessage,
  Consumer,
  ConsumeOptions,
  ExchangeDeclaration,
  MessageHandle,
  MessageMove,
  MessageState,
  MoveOutcome,
  OutgoingMessage,
  QueueDeclaration,
  QueueStats,
  Transport,
  TransportCapabilities,
} from '../../core/ports/transport.js';
import { MemoryBroker } from './memory-broker.js';
import { MemoryConsumer } from './memory-consumer.js';

export interface MemoryTransportOptions {
  readonly url: string;
  readonly clock: Clock;
}

const CAPABILITIES: TransportCapabilities = {
  settle: 'message',
  nativeDelay: true,
  priorities: true,
  deliveryCount: true,
  prefetch: 'broker',
  durable: false,
  shared: false,
  dropsExpired: false,
  handles: true,
};

class MemoryTransport implements Transport {
  readonly capabilities = CAPABILITIES;
  readonly address: string;
  readonly #name: string;
  readonly #clock: Clock;
  readonly #consumers = new Set<MemoryConsumer>();
  /** Exclusive queues that end with this transport. */
  readonly #exclusive = new Set<string>();
  #broker: MemoryBroker | null = null;

  constructor(options: MemoryTransportOptions) {
    this.#name = options.url.replace(/^memory:(\/\/)?/, '').replace(/\?.*$/, '');
    this.#clock = options.clock;
    this.address = `memory://${this.#name}`;
  }

  connect(): Promise<void> {
    this.#broker ??= MemoryBroker.open(this.#name, this.#clock);
    return Promise.resolve();
  }

  get isConnected(): boolean {
    return this.#broker !== null;
  }

  declareExchanges(exchanges: readonly ExchangeDeclaration[]): Promise<void> {
    return this.#with((broker) => {
      broker.declareExchanges(exchanges);
    });
  }

  declare(queues: readonly QueueDeclaration[]): Promise<void> {
    return this.#with((broker) => {
      for (const queue of queues) {
        broker.declare(queue);
        if (queue.exclusive === true) this.#exclusive.add(queue.name);
      }
    });
  }

  unbind(queue: string, bindings: readonly Binding[]): Promise<void> {
    return this.#with((broker) => {
      broker.unbind(queue, bindings);
    });
  }

  publish(batch: readonly OutgoingMessage[]): Promise<void> {
    return this.#with((broker) => {
      broker.publish(batch);
    });
  }

  consume(options: ConsumeOptions): Promise<Consumer> {
    return this.#with((broker) => {
      const onClosed = (closed: MemoryConsumer): void => {
        this.#consumers.delete(closed);
      };
      const consumer = new MemoryConsumer(options, { broker, clock: this.#clock, onClosed });
      this.#consumers.add(consumer);
      return consumer;
    });
  }

  purge(queue: string): Promise<number> {
    return this.#with((broker) => broker.find(queue)?.purge() ?? 0);
  }

  count(queue: string): Promise<number> {
    return this.#with((broker) => {
      const found = broker.find(queue);
      return found === null ? 0 : found.readyCount + found.delayedCount;
    });
  }

  stats(name: string): Promise<QueueStats> {
    return this.#with((broker) => {
      const queue = broker.find(name);
      if (queue === null) return { ready: 0, unacked: 0, delayed: 0, consumers: 0, oldestAgeMs: null };
      const [oldest] = queue.browse('ready', 1);
      return {
        ready: queue.readyCount,
        unacked: queue.unackedCount,
        delayed: queue.delayedCount,
        consumers: queue.consumerCount,
        oldestAgeMs: oldest === undefined ? null : Math.max(0, this.#clock.nowEpochMs() - oldest.publishedEpochMs),
      };
    });
  }

  browse(queue: string, limit: number, state: MessageState = 'ready'): Promise<readonly BrowsedMessage[]> {
    return this.#with((broker) =>
      (broker.find(queue)?.browse(state, limit) ?? []).map(({ id, message, publishedEpochMs, deliveries }) => {
        const { headers, properties, body } = message;
        const handle = String(id) as MessageHandle;
        return { handle, state, headers, properties, body, deliveryCount: deliveries, publishedEpochMs };
      }),
    );
  }

  move(queue: string, moves: readonly MessageMove[]): Promise<readonly MoveOutcome[]> {
    return this.#with((broker) => moves.map((move) => broker.move(queue, move)));
  }

  queues(): Promise<readonly string[]> {
    return this.#with((broker) => broker.names());
  }

  async close(): Promise<void> {
    const broker = this.#broker;
    if (broker === null) return;
    for (const consumer of [...this.#consumers]) await consumer.close();
    this.#broker = null;
    for (const name of this.#exclusive) {
      const queue = broker.find(name);
      if (queue !== null) broker.remove(queue);
    }
    broker.close();
  }

  #with<T>(work: (broker: MemoryBroker) => T): Promise<T> {
    const broker = this.#broker;
    if (broker === null) return Promise.reject(new ConnectionLostError(`${this.address} is not connected`));
    try {
      return Promise.resolve(work(broker));
    } catch (error) {
      return Promise.reject(error);
    }
  }
}

export function createMemoryTransport(options: MemoryTransportOptions): Transport {
  return new MemoryTransport(options);
}
