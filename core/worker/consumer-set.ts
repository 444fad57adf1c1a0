/**
 * What this worker consumes: the selected queues of the app, changed while it runs (WORK-29), behind one consumer of the
 * transport. The wanted set is state: whatever happens to the connection, it is what is consumed again (B14). Host thread.
 */
import { declarationsOf, type PlacedQueue } from '../app/queue.js';
import type { QueueTable } from '../app/queue-table.js';
import { TransportError } from '../kernel/errors.js';
import type { Consumer, ConsumeOptions, Settlement, SettleOutcome, Transport } from '../ports/transport.js';

export interface ConsumerSetOptions {
  readonly transport: Transport;
  readonly queues: QueueTable;
  readonly onDeliveries: ConsumeOptions['onDeliveries'];
  readonly onLost: ConsumeOptions['onLost'];
}

export class ConsumerSet {
  readonly #options: ConsumerSetOptions;
  #consumer: Promise<Consumer> | null = null;
  /** The same, once it is there. */
  #current: Consumer | null = null;
  /** Changes come one after the other: each sees what the one before has done. */
  #changing: Promise<void> = Promise.resolve();

  constructor(options: ConsumerSetOptions) {
    this.#options = options;
  }

  /** Queues that are consumed, by name. */
  get names(): readonly string[] {
    return this.#options.queues.consumed.map(({ queue }) => queue.name);
  }

  /** Creates what is missing of the queues. @throws TransportError */
  async declare(): Promise<void> {
    await this.#declare(this.#options.queues.consumed);
  }

  /** @throws TransportError */
  async start(prefetchCount: number): Promise<void> {
    const { transport, onDeliveries, onLost } = this.#options;
    this.#consumer = transport.consume({ queues: this.names, prefetchCount, onDeliveries, onLost });
    this.#current = await this.#consumer;
  }

  /** The broker's last answer on the way of deliveries; null before the start. */
  get sign(): Pick<Consumer, 'lastSignMonoMs' | 'signIntervalMs'> | null {
    return this.#current;
  }

  /** Consumes a further queue, created when it is missing; one that is consumed already stays as it is. */
  add(name: string): Promise<void> {
    return this.#change(async (consumer) => {
      const { queues } = this.#options;
      if (queues.consumed.some(({ queue }) => queue.alias === name)) return;
      queues.select([...queues.consumed.map(({ queue }) => queue.alias), name]);
      const added = queues.consumed.filter(({ queue }) => queue.alias === name);
      await this.#declare(added);
      await consumer?.addQueues(added.map(({ queue }) => queue.name));
    });
  }

  /** Takes nothing further from a queue; what it has given stays in hand. */
  cancel(name: string): Promise<void> {
    return this.#change(async (consumer) => {
      const { queues } = this.#options;
      const dropped = queues.consumed.filter(({ queue }) => queue.alias === name);
      queues.deselect([name]);
      await consumer?.removeQueues(dropped.map(({ queue }) => queue.name));
    });
  }

  setPrefetch(prefetchCount: number): void {
    this.#consumer?.then(
      (consumer) => {
        consumer.setPrefetch(prefetchCount);
      },
      () => undefined,
    );
  }

  /** @throws TransportError */
  async settle(batch: readonly Settlement[]): Promise<readonly SettleOutcome[]> {
    if (this.#consumer === null) throw new TransportError('there is no consumer yet');
    return (await this.#consumer).settle(batch);
  }

  /** Takes no further deliveries; unsettled ones stay valid. */
  async stop(): Promise<void> {
    await (await this.#started())?.cancel();
  }

  async close(): Promise<void> {
    await (await this.#started())?.close();
  }

  #started(): Promise<Consumer | null> {
    return this.#consumer?.catch(() => null) ?? Promise.resolve(null);
  }

  #change(change: (consumer: Consumer | null) => Promise<void>): Promise<void> {
    const changed = this.#changing.then(async () => {
      await change(await this.#started());
    });
    this.#changing = changed.catch(() => undefined);
    return changed;
  }

  async #declare(placed: readonly PlacedQueue[]): Promise<void> {
    const all = placed.map((queue) => declarationsOf(queue));
    const exchanges = all.flatMap((one) => one.exchanges);
    if (exchanges.length > 0) await this.#options.transport.declareExchanges(exchanges);
    await this.#options.transport.declare(all.flatMap((one) => one.queues));
  }
}
