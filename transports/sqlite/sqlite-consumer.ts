/**
 * One consumer of the SQLite transport. Runs on the host thread, and that is the point of its heartbeat: the lease is
 * renewed by a message from here, so a host that is stuck loses it, however well its I/O thread is.
 */
import type { Clock, TimerHandle } from '../../core/kernel/clock.js';
import { ChannelError } from '../../core/kernel/errors.js';
import type {
  Consumer,
  ConsumeOptions,
  Delivery,
  DeliveryTag,
  SettleOutcome,
  Settlement,
} from '../../core/ports/transport.js';
import type { IoEvent, IoRequest } from '../../clients/sqlite/io-protocol.js';
import { unpackMessages } from '../../clients/sqlite/packed-rows.js';
import { SqliteClient } from '../../clients/sqlite/sqlite-client.js';
import type { ExchangeRouter } from './exchange-router.js';
import { toTransportError } from './sqlite-error.js';

type DeliveriesEvent = Extract<IoEvent, { readonly kind: 'deliveries' }>;

export interface SqliteConsumerContext {
  readonly client: SqliteClient;
  readonly router: ExchangeRouter;
  readonly clock: Clock;
  readonly leaseMs: number;
  readonly onClosed: (id: number) => void;
}

export class SqliteConsumer implements Consumer {
  /** Number of the consumer in its process. */
  readonly id = SqliteClient.nextNumber();
  /** The renewal of the lease is answered by the I/O thread that claims, after a commit. */
  readonly signIntervalMs: number;
  lastSignMonoMs: number;
  readonly #options: ConsumeOptions;
  readonly #context: SqliteConsumerContext;
  /** Deliveries that came before the caller could have its consumer; null once it has. */
  #early: DeliveriesEvent[] | null = [];
  #heartbeat: TimerHandle | null = null;
  #isCancelled = false;
  #isClosed = false;

  constructor(options: ConsumeOptions, context: SqliteConsumerContext) {
    this.#options = options;
    this.#context = context;
    this.signIntervalMs = context.leaseMs / 3;
    this.lastSignMonoMs = context.clock.nowMonoMs();
  }

  /** Starts the deliveries. */
  async subscribe(): Promise<void> {
    const { client, leaseMs } = this.#context;
    const { queues, prefetchCount } = this.#options;
    client.hold();
    try {
      await this.#request({ kind: 'subscribe', consumer: this.id, queues, prefetchCount, leaseMs });
    } catch (error) {
      this.#finish();
      throw error;
    }
    this.#beat();
    // After the caller's continuation of `consume`: its onDeliveries may use the consumer.
    setImmediate(() => {
      const early = this.#early ?? [];
      this.#early = null;
      for (const event of early) this.deliver(event);
    });
  }

  async addQueues(queues: readonly string[]): Promise<void> {
    if (!this.#isClosed) await this.#request({ kind: 'add-queues', consumer: this.id, queues });
  }

  async removeQueues(queues: readonly string[]): Promise<void> {
    // Deliveries claimed before have come with or before the answer.
    if (!this.#isClosed) await this.#request({ kind: 'remove-queues', consumer: this.id, queues });
  }

  setPrefetch(prefetchCount: number): void {
    this.#send({ kind: 'window', consumer: this.id, prefetchCount });
  }

  async settle(batch: readonly Settlement[]): Promise<readonly SettleOutcome[]> {
    if (batch.length === 0) return [];
    if (this.#isClosed) return batch.map(() => 'gone');
    const acks: number[] = [];
    const requeues: Extract<Settlement, { readonly action: 'requeue' }>[] = [];
    const letters: Extract<Settlement, { readonly action: 'dead-letter' }>[] = [];
    for (const settlement of batch) {
      if (settlement.action === 'ack') acks.push(settlement.tag);
      else if (settlement.action === 'requeue') requeues.push(settlement);
      else letters.push(settlement);
    }
    const { client, router } = this.#context;
    const deadLetters = letters.length === 0 ? [] : await router.address(client, this.id, letters);
    const answer = await this.#request({
      kind: 'settle',
      consumer: this.id,
      acks: Float64Array.from(acks),
      requeues,
      deadLetters,
    });
    const gone = new Set(answer as readonly number[]);
    return batch.map(({ tag }) => (gone.has(tag) ? 'gone' : 'settled'));
  }

  async cancel(): Promise<void> {
    if (this.#isClosed) return;
    await this.#request({ kind: 'cancel', consumer: this.id });
    // Deliveries claimed before the cancel have come with or before its answer.
    this.#isCancelled = true;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isCancelled = true;
    this.#finish();
    await this.#request({ kind: 'release', consumer: this.id });
  }

  /** @internal Called by the transport with what the I/O thread claimed. */
  deliver(event: DeliveriesEvent): void {
    if (this.#early !== null) {
      this.#early.push(event);
      return;
    }
    if (this.#isCancelled) return;
    this.lastSignMonoMs = this.#context.clock.nowMonoMs();
    const batch = unpackMessages(event.rows).map(({ headers, properties, body, deliveryCount }, i): Delivery => {
      const { exchange, routingKey } = properties;
      const tag = (event.firstTag + i) as DeliveryTag;
      const redelivered = deliveryCount > 0;
      return { tag, queue: event.queue, exchange, routingKey, headers, properties, body, redelivered, deliveryCount };
    });
    this.#options.onDeliveries(batch);
  }

  /** @internal The epoch is over; the I/O thread has begun another one. */
  lose(): void {
    if (this.#isClosed) return;
    const { path } = this.#context.client;
    this.#options.onLost(new ChannelError(`the lease on ${path} ended; its deliveries went to others`), true);
  }

  /** @internal The I/O thread has ended. */
  end(error: Error): void {
    if (this.#isClosed) return;
    this.#isCancelled = true;
    this.#finish();
    this.#options.onLost(error, false);
  }

  #beat(): void {
    const { clock, leaseMs } = this.#context;
    // The consumer's hold keeps the process alive, not this timer.
    this.#heartbeat = clock.after(
      leaseMs / 3,
      () => {
        this.#send({ kind: 'heartbeat', consumer: this.id });
        this.#beat();
      },
      { keepsAlive: false },
    );
  }

  #finish(): void {
    this.#isClosed = true;
    this.#heartbeat?.cancel();
    this.#context.client.release();
    this.#context.onClosed(this.id);
  }

  async #request(request: IoRequest): ReturnType<SqliteClient['request']> {
    const answer = await this.#context.client.request(request, toTransportError);
    this.lastSignMonoMs = this.#context.clock.nowMonoMs();
    return answer;
  }

  /** A failure shows itself at the next settle or as a lost lease. */
  #send(request: IoRequest): void {
    this.#request(request).catch(() => undefined);
  }
}
