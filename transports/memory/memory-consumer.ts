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
import type { MemoryMessage, MemoryQueue } from './memory-queue.js';

interface Held {
  readonly queue: MemoryQueue;
  readonly item: MemoryMessage;
}

/** Most deliveries of one batch. */
const BATCH_COUNT = 500;
/** Far beyond the life of a process: only there to keep it alive while somebody consumes. */
const FOREVER_MS = 2 ** 31 - 1;

export class MemoryConsumer implements Consumer, MemoryTaker {
  /** Broker and consumer are one: it is always now. */
  readonly signIntervalMs = 0;
  /** Queues that it takes from. */
  #queues: readonly string[] = [];
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
    this.#options = options;
    this.#prefetchCount = options.prefetchCount;
    this.#broker = context.broker;
    this.#clock = context.clock;
    this.#onClosed = context.onClosed;
    this.#keepAlive = context.clock.after(FOREVER_MS, () => undefined);
    this.#attach(options.queues);
    this.#broker.addTaker(this);
  }

  get lastSignMonoMs(): number {
    return this.#clock.nowMonoMs();
  }

  addQueues(queues: readonly string[]): Promise<void> {
    if (!this.#isCancelled) this.#attach(queues);
    this.#broker.wake();
    return Promise.resolve();
  }

  removeQueues(queues: readonly string[]): Promise<void> {
    this.#detach(this.#queues.filter((name) => queues.includes(name)));
    return Promise.resolve();
  }

  take(): void {
    if (this.#isCancelled) return;
    const nowEpochMs = this.#clock.nowEpochMs();
    const batch: Delivery[] = [];
    const queues = this.#queues;
    for (let i = 0; i < queues.length; i++) {
      const queue = this.#broker.queue(queues[(this.#turn + i) % queues.length] ?? '');
      while (this.#room > 0 && batch.length < BATCH_COUNT) {
        const item = queue.take(nowEpochMs);
        if (item === null) break;
        batch.push(this.#hold(queue, item));
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
    this.#detach(this.#queues);
    return Promise.resolve();
  }

  async close(): Promise<void> {
    await this.cancel();
    this.#keepAlive.cancel();
    for (const held of this.#held.values()) {
      held.queue.letGo(held.item);
      this.#broker.giveBack(held.item, { queue: held.queue.name, delayMs: 0 });
    }
    const queues = new Set([...this.#held.values()].map(({ queue }) => queue));
    this.#held.clear();
    for (const queue of queues) this.#broker.removeIfOrphan(queue);
    this.#onClosed(this);
  }

  get #room(): number {
    return this.#prefetchCount === 0 ? Infinity : this.#prefetchCount - this.#held.size;
  }

  #attach(queues: readonly string[]): void {
    const added = [...new Set(queues)].filter((name) => !this.#queues.includes(name));
    for (const name of added) this.#broker.attach(name);
    this.#queues = [...this.#queues, ...added];
  }

  #detach(queues: readonly string[]): void {
    this.#queues = this.#queues.filter((name) => !queues.includes(name));
    for (const name of queues) this.#broker.detach(name);
  }

  #hold(queue: MemoryQueue, item: MemoryMessage): Delivery {
    const tag = ++this.#lastTag as DeliveryTag;
    this.#held.set(tag, { queue, item });
    const { exchange, routingKey, headers, properties, body } = item.message;
    const redelivered = item.deliveries > 0;
    const { name } = queue;
    return {
      tag,
      queue: name,
      exchange,
      routingKey,
      headers,
      properties,
      body,
      redelivered,
      deliveryCount: item.deliveries,
    };
  }

  #settleOne(settlement: Settlement): SettleOutcome {
    const held = this.#held.get(settlement.tag);
    if (held === undefined) return 'gone';
    this.#held.delete(settlement.tag);
    const { queue, item } = held;
    queue.letGo(item);
    if (settlement.action === 'requeue') {
      if (settlement.countsAsDelivery) item.deliveries++;
      this.#broker.giveBack(item, { queue: queue.name, delayMs: settlement.delayMs });
    } else if (settlement.action === 'dead-letter') {
      this.#broker.deadLetter(queue.name, item.message, settlement);
    }
    this.#broker.removeIfOrphan(queue);
    return 'settled';
  }
}
