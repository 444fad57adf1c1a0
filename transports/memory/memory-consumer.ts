/** One consumer of a memory broker. Runs on the host thread. Its epoch never ends: broker and consumer live together. */
import type { Clock, TimerHandle } from '../../core/kernel/clock.js';
import type {
  Consumer,
  ConsumeOptions,
  Delivery,
  DeliveryTag,
  SettleOutcome,
  Settlement,
} from '../../core/ports/transport.js';
import type { MemoryBroker, MemoryTaker } from './memory-broker.js';
import type { MemoryMessage } from './memory-queue.js';

interface Held {
  readonly queue: string;
  readonly item: MemoryMessage;
}

/** Most deliveries of one batch. */
const BATCH_COUNT = 500;
/** Far beyond the life of a process: only there to keep it alive while somebody consumes. */
const FOREVER_MS = 2 ** 31 - 1;

export class MemoryConsumer implements Consumer, MemoryTaker {
  readonly queues: readonly string[];
  readonly #broker: MemoryBroker;
  readonly #clock: Clock;
  readonly #options: ConsumeOptions;
  readonly #onClosed: (consumer: MemoryConsumer) => void;
  readonly #held = new Map<number, Held>();
  readonly #keepAlive: TimerHandle;
  #prefetchCount: number;
  #lastTag = 0;
  #turn = 0;
  #isCancelled = false;

  constructor(
    options: ConsumeOptions,
    context: {
      readonly broker: MemoryBroker;
      readonly clock: Clock;
      readonly onClosed: (consumer: MemoryConsumer) => void;
    },
  ) {
    this.queues = options.queues;
    this.#options = options;
    this.#prefetchCount = options.prefetchCount;
    this.#broker = context.broker;
    this.#clock = context.clock;
    this.#onClosed = context.onClosed;
    this.#keepAlive = context.clock.after(FOREVER_MS, () => undefined);
    this.#broker.addTaker(this);
  }

  take(): void {
    if (this.#isCancelled) return;
    const nowEpochMs = this.#clock.nowEpochMs();
    const batch: Delivery[] = [];
    for (let i = 0; i < this.queues.length; i++) {
      const name = this.queues[(this.#turn + i) % this.queues.length] ?? '';
      const queue = this.#broker.queue(name);
      while (this.#room > 0 && batch.length < BATCH_COUNT) {
        const item = queue.take(nowEpochMs);
        if (item === null) break;
        batch.push(this.#hold(name, item));
      }
    }
    this.#turn++;
    if (batch.length === 0) return;
    if (batch.length === BATCH_COUNT) this.#broker.wake();
    this.#options.onDeliveries(batch);
  }

  setPrefetch(prefetchCount: number): void {
    this.#prefetchCount = prefetchCount;
    this.#broker.wake();
  }

  settle(batch: readonly Settlement[]): Promise<readonly SettleOutcome[]> {
    const outcomes = batch.map((settlement) => this.#settleOne(settlement));
    this.#broker.wake();
    return Promise.resolve(outcomes);
  }

  cancel(): Promise<void> {
    this.#isCancelled = true;
    this.#broker.removeTaker(this);
    return Promise.resolve();
  }

  async close(): Promise<void> {
    await this.cancel();
    this.#keepAlive.cancel();
    for (const { queue, item } of this.#held.values()) this.#broker.giveBack(item, { queue, delayMs: 0 });
    this.#held.clear();
    this.#onClosed(this);
  }

  get #room(): number {
    return this.#prefetchCount === 0 ? Infinity : this.#prefetchCount - this.#held.size;
  }

  #hold(queue: string, item: MemoryMessage): Delivery {
    const tag = ++this.#lastTag as DeliveryTag;
    this.#held.set(tag, { queue, item });
    const { exchange, routingKey, headers, properties, body } = item.message;
    const redelivered = item.deliveries > 0;
    return { tag, queue, exchange, routingKey, headers, properties, body, redelivered, deliveryCount: item.deliveries };
  }

  #settleOne(settlement: Settlement): SettleOutcome {
    const held = this.#held.get(settlement.tag);
    if (held === undefined) return 'gone';
    this.#held.delete(settlement.tag);
    const { queue, item } = held;
    if (settlement.action === 'requeue') {
      if (settlement.countsAsDelivery) item.deliveries++;
      this.#broker.giveBack(item, { queue, delayMs: settlement.delayMs });
    } else if (settlement.action === 'dead-letter') {
      const { body, properties } = item.message;
      this.#broker.publish({
        exchange: '',
        routingKey: settlement.queue,
        headers: settlement.headers,
        properties: { ...properties, expirationMs: null },
        body,
        notBeforeEpochMs: null,
      });
    }
    return 'settled';
  }
}
