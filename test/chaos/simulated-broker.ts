/** One queue with owners, epochs and delivery counts, as `SimulatedCluster` needs it; all in memory, all at once. */
import type { Delivery, DeliveryTag, OutgoingMessage, SettleOutcome, Settlement } from '../../core/ports/transport.js';

interface HeldMessage {
  readonly message: OutgoingMessage;
  deliveries: number;
  /** Worker and epoch that hold it; null when it is ready. */
  holder: { readonly worker: number; readonly epoch: number } | null;
}

interface Tag {
  readonly id: number;
  readonly epoch: number;
}

export class SimulatedBroker {
  /** False: whoever knows a message may settle it (a planted bug). */
  readonly #checksTokens: boolean;
  readonly #messages = new Map<number, HeldMessage>();
  /** Worker → its present epoch. */
  readonly #epochs = new Map<number, number>();
  readonly #tags = new Map<DeliveryTag, Tag>();
  #lastId = 0;
  #lastTag = 0;

  constructor(options: { readonly checksTokens: boolean }) {
    this.#checksTokens = options.checksTokens;
  }

  get size(): number {
    return this.#messages.size;
  }

  join(worker: number): void {
    this.#epochs.set(worker, 1);
  }

  publish(message: OutgoingMessage): void {
    this.#messages.set(++this.#lastId, { message, deliveries: 0, holder: null });
  }

  /** Up to the window, oldest first. */
  deliver(worker: number, prefetchCount: number): readonly Delivery[] {
    const epoch = this.#epochs.get(worker) ?? 0;
    const held = [...this.#messages.values()].filter(({ holder }) => holder?.worker === worker).length;
    const ready = [...this.#messages].filter(([, { holder }]) => holder === null).slice(0, prefetchCount - held);
    return ready.map(([id, item]) => {
      item.holder = { worker, epoch };
      const tag = ++this.#lastTag as DeliveryTag;
      this.#tags.set(tag, { id, epoch });
      const { exchange, routingKey, headers, properties, body } = item.message;
      const counts = { redelivered: item.deliveries > 0, deliveryCount: item.deliveries };
      return { tag, queue: 'celery', exchange, routingKey, headers, properties, body, ...counts };
    });
  }

  settle(worker: number, batch: readonly Settlement[]): readonly SettleOutcome[] {
    return batch.map((settlement) => {
      const tag = this.#tags.get(settlement.tag);
      const item = tag === undefined ? undefined : this.#messages.get(tag.id);
      if (tag === undefined || item === undefined) return 'gone';
      const { holder } = item;
      const isOwner = holder !== null && holder.worker === worker && holder.epoch === tag.epoch;
      if (this.#checksTokens && !isOwner) return 'gone';
      if (settlement.action === 'requeue') {
        item.holder = null;
        if (settlement.countsAsDelivery) item.deliveries++;
      } else this.#messages.delete(tag.id);
      return 'settled';
    });
  }

  /** The lease of a worker has ended: what it holds is ready again, and its tags mean nothing. */
  endEpoch(worker: number): void {
    this.leave(worker, true);
    this.#epochs.set(worker, (this.#epochs.get(worker) ?? 0) + 1);
  }

  leave(worker: number, counts: boolean): void {
    for (const item of this.#messages.values()) {
      if (item.holder?.worker !== worker) continue;
      item.holder = null;
      if (counts) item.deliveries++;
    }
  }
}
