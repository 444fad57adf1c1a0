/** What the transport tests share: an inbox to wait for deliveries in, messages, settlements. */
import { Buffer } from 'node:buffer';
import { HeaderBlock, type HeaderTable } from '../../core/kernel/header-block.js';
import type {
  Consumer,
  Delivery,
  MessageProperties,
  OutgoingMessage,
  Settlement,
  Transport,
} from '../../core/ports/transport.js';

/** Connects one more transport to the broker of the test, which closes it. */
export type OpenTransport = () => Promise<Transport>;

export interface MessageOptions {
  readonly queue?: string;
  /** @defaultValue '' */
  readonly exchange?: string;
  /** @defaultValue the queue */
  readonly routingKey?: string;
  readonly mandatory?: boolean;
  readonly headers?: HeaderTable;
  readonly priority?: number | null;
  readonly body?: Uint8Array;
  readonly notBeforeEpochMs?: number | null;
  readonly properties?: Partial<MessageProperties>;
}

/** A message whose body is `id`, so that tests can speak of it by name. */
export function message(id: string, options: MessageOptions = {}): OutgoingMessage {
  return {
    exchange: options.exchange ?? '',
    routingKey: options.routingKey ?? options.queue ?? 'q',
    headers: HeaderBlock.fromTable(options.headers ?? { id }),
    properties: {
      correlationId: id,
      replyTo: null,
      contentType: 'application/json',
      contentEncoding: 'utf-8',
      deliveryMode: 2,
      priority: options.priority ?? null,
      expirationMs: null,
      ...options.properties,
    },
    body: options.body ?? Buffer.from(id),
    notBeforeEpochMs: options.notBeforeEpochMs ?? null,
    ...(options.mandatory === undefined ? {} : { mandatory: options.mandatory }),
  };
}

export function idOf(delivery: { readonly properties: MessageProperties }): string {
  return delivery.properties.correlationId ?? '';
}

export function idsOf(deliveries: readonly { readonly properties: MessageProperties }[]): string[] {
  return deliveries.map(idOf);
}

export function ack(delivery: Delivery): Settlement {
  return { action: 'ack', tag: delivery.tag };
}

export function requeue(
  delivery: Delivery,
  options: { countsAsDelivery?: boolean; delayMs?: number } = {},
): Settlement {
  const { countsAsDelivery = true, delayMs = 0 } = options;
  return { action: 'requeue', tag: delivery.tag, countsAsDelivery, delayMs };
}

/** A consumer whose deliveries are waited for: no test sleeps. */
export class Inbox {
  readonly received: Delivery[] = [];
  readonly losses: { readonly error: Error; readonly recovering: boolean }[] = [];
  #consumer: Consumer | null = null;
  #taken = 0;
  readonly #waiters: { readonly isDone: () => boolean; readonly resolve: () => void }[] = [];

  static async open(
    transport: Transport,
    options: { readonly queues?: readonly string[]; readonly prefetchCount?: number } = {},
  ): Promise<Inbox> {
    const inbox = new Inbox();
    inbox.#consumer = await transport.consume({
      queues: options.queues ?? ['q'],
      prefetchCount: options.prefetchCount ?? 100,
      onDeliveries: (batch) => {
        inbox.received.push(...batch);
        inbox.#notify();
      },
      onLost: (error, recovering) => {
        inbox.losses.push({ error, recovering });
        inbox.#notify();
      },
    });
    return inbox;
  }

  get consumer(): Consumer {
    if (this.#consumer === null) throw new Error('the consumer is not open yet');
    return this.#consumer;
  }

  /** The next `count` deliveries that were not taken yet. */
  async take(count: number): Promise<Delivery[]> {
    const end = this.#taken + count;
    await this.until(() => this.received.length >= end);
    const deliveries = this.received.slice(this.#taken, end);
    this.#taken = end;
    return deliveries;
  }

  async one(): Promise<Delivery> {
    const [delivery] = await this.take(1);
    if (delivery === undefined) throw new Error('no delivery');
    return delivery;
  }

  /** Resolves when a delivery or a loss has made `isDone` true. */
  until(isDone: () => boolean): Promise<void> {
    if (isDone()) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiters.push({ isDone, resolve });
    });
  }

  #notify(): void {
    for (const waiter of [...this.#waiters]) {
      if (!waiter.isDone()) continue;
      this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
      waiter.resolve();
    }
  }
}
