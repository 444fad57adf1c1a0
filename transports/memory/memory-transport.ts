/**
 * Transport within one process (`memory://`, `memory://NAME`): for tests, for trying things out, and for a worker
 * embedded beside its client. Runs on the host thread. The routing key names the queue.
 */
import type { Clock } from '../../core/kernel/clock.js';
import { ConnectionLostError } from '../../core/kernel/errors.js';
import type {
  BrowsedMessage,
  Consumer,
  ConsumeOptions,
  OutgoingMessage,
  QueueDeclaration,
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
};

class MemoryTransport implements Transport {
  readonly capabilities = CAPABILITIES;
  readonly address: string;
  readonly #name: string;
  readonly #clock: Clock;
  readonly #consumers = new Set<MemoryConsumer>();
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

  declare(queues: readonly QueueDeclaration[]): Promise<void> {
    return this.#with((broker) => {
      for (const { name } of queues) broker.queue(name);
    });
  }

  publish(batch: readonly OutgoingMessage[]): Promise<void> {
    return this.#with((broker) => {
      for (const message of batch) broker.publish(message);
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
    return this.#with((broker) => broker.queue(queue).purge());
  }

  count(queue: string): Promise<number> {
    return this.#with((broker) => broker.queue(queue).readyCount + broker.queue(queue).delayedCount);
  }

  browse(queue: string, limit: number): Promise<readonly BrowsedMessage[]> {
    return this.#with((broker) =>
      broker
        .queue(queue)
        .browse(limit)
        .map(({ message, deliveries }): BrowsedMessage => {
          const { headers, properties, body } = message;
          return { headers, properties, body, deliveryCount: deliveries };
        }),
    );
  }

  queues(): Promise<readonly string[]> {
    return this.#with((broker) => broker.names());
  }

  async close(): Promise<void> {
    const broker = this.#broker;
    if (broker === null) return;
    for (const consumer of [...this.#consumers]) await consumer.close();
    this.#broker = null;
    broker.close();
  }

  #with<T>(work: (broker: MemoryBroker) => T): Promise<T> {
    const broker = this.#broker;
    if (broker === null) return Promise.reject(new ConnectionLostError(`${this.address} is not connected`));
    return Promise.resolve(work(broker));
  }
}

export function createMemoryTransport(options: MemoryTransportOptions): Transport {
  return new MemoryTransport(options);
}
