/**
 * Transport over an SQLite file (`sqlite://`): several processes on one file, no server. Runs on the host thread; all
 * SQL is in clients/sqlite, on the I/O thread of the file. A queue comes into being when it is used first. Publishes of one
 * turn are confirmed by one commit.
 */
import type { Clock } from '../../core/kernel/clock.js';
import { withDeadline } from '../../core/kernel/deadline.js';
import { ConnectionLostError, TimeoutError, TransportError } from '../../core/kernel/errors.js';
import { TurnBatch } from '../../core/kernel/turn-batch.js';
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
import { parseDatabaseAddress, type DatabaseAddress } from '../../clients/sqlite/database-address.js';
import type { IoRequest, PackedRows, QueueFigures } from '../../clients/sqlite/io-protocol.js';
import { packMessages, unpackMessages } from '../../clients/sqlite/packed-rows.js';
import { SqliteClient, type SqliteListener } from '../../clients/sqlite/sqlite-client.js';
import { ExchangeRouter } from './exchange-router.js';
import { SqliteConsumer } from './sqlite-consumer.js';
import { toTransportError } from './sqlite-error.js';

export interface SqliteTransportOptions {
  readonly url: string;
  /** Folder at which a relative path starts: the app module's. */
  readonly baseFolder: string;
  readonly clock: Clock;
}

interface PendingPublish {
  readonly messages: readonly OutgoingMessage[];
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Most messages of one request: a larger publish lets other processes in between. */
const REQUEST_COUNT = 1_000;

const CAPABILITIES: TransportCapabilities = {
  settle: 'message',
  nativeDelay: true,
  priorities: true,
  deliveryCount: true,
  prefetch: 'broker',
  durable: true,
  shared: true,
  dropsExpired: false,
  handles: true,
};

class SqliteTransport implements Transport {
  readonly capabilities = CAPABILITIES;
  readonly address: string;
  readonly #location: DatabaseAddress;
  readonly #clock: Clock;
  readonly #consumers = new Map<number, SqliteConsumer>();
  readonly #listener: SqliteListener;
  readonly #publishes: TurnBatch<PendingPublish>;
  readonly #router = new ExchangeRouter();
  /** Exclusive queues that end with this transport. */
  readonly #exclusive = new Set<string>();
  #client: SqliteClient | null = null;

  constructor(options: SqliteTransportOptions) {
    this.#location = parseDatabaseAddress(options.url, options.baseFolder);
    this.#clock = options.clock;
    this.address = `sqlite://${this.#location.path}`;
    this.#publishes = new TurnBatch((items) => {
      this.#flush(items);
    });
    this.#listener = {
      onEvent: (event) => {
        if (event.kind === 'deliveries') this.#consumers.get(event.consumer)?.deliver(event);
        else if (event.kind === 'lost') this.#consumers.get(event.consumer)?.lose();
      },
      onEnd: (failure) => {
        // So that `connect` starts another thread.
        this.#client = null;
        for (const consumer of [...this.#consumers.values()]) consumer.end(toTransportError(failure));
      },
    };
  }

  get isConnected(): boolean {
    return this.#client !== null;
  }

  async connect(timeoutMs: number): Promise<void> {
    if (this.#client !== null) return;
    const client = SqliteClient.acquire(this.#location, this.#listener);
    try {
      await withDeadline(
        this.#clock,
        client.request({ kind: 'open' }, toTransportError),
        timeoutMs,
        `opening ${this.address}`,
      );
      this.#client = client;
    } catch (error) {
      await client.close(this.#listener, { clock: this.#clock, timeoutMs });
      throw error instanceof TimeoutError ? new TransportError(error.message, { cause: error }) : error;
    }
  }

  async declareExchanges(exchanges: readonly ExchangeDeclaration[]): Promise<void> {
    await this.#request({ kind: 'declare-exchanges', exchanges });
  }

  async declare(queues: readonly QueueDeclaration[]): Promise<void> {
    await this.#request({ kind: 'declare', queues });
    for (const { name, exclusive } of queues) if (exclusive === true) this.#exclusive.add(name);
  }

  async unbind(queue: string, bindings: readonly Binding[]): Promise<void> {
    await this.#request({ kind: 'unbind', queue, bindings });
  }

  publish(batch: readonly OutgoingMessage[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#open();
      if (batch.length === 0) resolve();
      else this.#publishes.push({ messages: batch, resolve, reject });
    });
  }

  async consume(options: ConsumeOptions): Promise<Consumer> {
    const consumer = new SqliteConsumer(options, {
      client: this.#open(),
      router: this.#router,
      clock: this.#clock,
      leaseMs: this.#location.leaseMs,
      onClosed: (id) => this.#consumers.delete(id),
    });
    this.#consumers.set(consumer.id, consumer);
    await consumer.subscribe();
    return consumer;
  }

  async purge(queue: string): Promise<number> {
    return (await this.#request({ kind: 'purge', queue })) as number;
  }

  async count(queue: string): Promise<number> {
    return (await this.#request({ kind: 'count', queue })) as number;
  }

  async stats(queue: string): Promise<QueueStats> {
    const { oldestEpochMs, ...figures } = (await this.#request({ kind: 'stats', queue })) as QueueFigures;
    const nowEpochMs = this.#clock.nowEpochMs();
    return { ...figures, oldestAgeMs: oldestEpochMs === null ? null : Math.max(0, nowEpochMs - oldestEpochMs) };
  }

  async browse(queue: string, limit: number, state: MessageState = 'ready'): Promise<readonly BrowsedMessage[]> {
    const rows = await this.#request({ kind: 'browse', queue, limit, state });
    return unpackMessages(rows as PackedRows).map(({ id, ...message }) => {
      return { ...message, handle: String(id) as MessageHandle, state };
    });
  }

  async move(queue: string, moves: readonly MessageMove[]): Promise<readonly MoveOutcome[]> {
    const requests = moves.map(({ handle, to }) => ({
      id: Number(handle),
      to: to === null ? null : { ...to, queues: [to.queue], headers: to.headers.json },
    }));
    const gone = new Set((await this.#request({ kind: 'move', queue, moves: requests })) as readonly number[]);
    return requests.map((_, i) => (gone.has(i) ? 'gone' : 'moved'));
  }

  async queues(): Promise<readonly string[]> {
    return (await this.#request({ kind: 'queues' })) as readonly string[];
  }

  async close(timeoutMs: number): Promise<void> {
    const client = this.#client;
    if (client === null) return;
    this.#client = null;
    const closing = [...this.#consumers.values()].map((consumer) => consumer.close());
    // In the order of the requests: the consumers' end comes first.
    if (this.#exclusive.size > 0) {
      closing.push(
        client.request({ kind: 'remove', queues: [...this.#exclusive] }, toTransportError).then(() => undefined),
      );
    }
    const consumers = Promise.allSettled(closing);
    try {
      await withDeadline(this.#clock, consumers, timeoutMs, 'handing back deliveries');
    } catch {
      // What is not handed back returns to the queue when the lease ends, or when this process is seen to be gone.
    }
    await client.close(this.#listener, { clock: this.#clock, timeoutMs });
  }

  #open(): SqliteClient {
    if (this.#client === null) throw new ConnectionLostError(`${this.address} is not connected`);
    return this.#client;
  }

  #flush(items: readonly PendingPublish[]): void {
    const client = this.#client;
    if (client === null) {
      for (const item of items) item.reject(new ConnectionLostError(`${this.address} was closed before it confirmed`));
      return;
    }
    // Usually none: to the anonymous exchange nothing is to be found out.
    const routed = items.filter(({ messages }) => messages.some((message) => message.exchange !== ''));
    for (const item of routed) void this.#publishRouted(client, item);
    this.#publishPlain(client, routed.length === 0 ? items : items.filter((item) => !routed.includes(item)));
  }

  #publishPlain(client: SqliteClient, items: readonly PendingPublish[]): void {
    if (items.length === 0) return;
    let packed: ReturnType<typeof packByQueue>;
    try {
      packed = packByQueue(items, this.#clock.nowEpochMs());
    } catch (error) {
      for (const item of items) item.reject(error as Error);
      return;
    }
    const confirms = packed.map(({ queue, messages }) =>
      client.request({ kind: 'publish', queue, messages }, toTransportError, [messages.data.buffer as ArrayBuffer]),
    );
    Promise.all(confirms).then(
      () => {
        for (const item of items) item.resolve();
      },
      (error: unknown) => {
        for (const item of items) item.reject(error as Error);
      },
    );
  }

  async #publishRouted(client: SqliteClient, { messages, resolve, reject }: PendingPublish): Promise<void> {
    try {
      for (const chunk of chunksOf(messages, REQUEST_COUNT)) {
        await this.#router.publish(client, chunk, this.#clock.nowEpochMs());
      }
      resolve();
    } catch (error) {
      reject(error as Error);
    }
  }

  #request(request: IoRequest): ReturnType<SqliteClient['request']> {
    return this.#open().request(request, toTransportError);
  }
}

function chunksOf<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  if (items.length <= size) return [items];
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}

/** Packed requests for each queue, in the order of the publishes. */
function packByQueue(
  items: readonly PendingPublish[],
  nowEpochMs: number,
): readonly { readonly queue: string; readonly messages: ReturnType<typeof packMessages> }[] {
  const byQueue = new Map<string, OutgoingMessage[]>();
  for (const { messages } of items) {
    for (const message of messages) {
      const queued = byQueue.get(message.routingKey);
      if (queued === undefined) byQueue.set(message.routingKey, [message]);
      else queued.push(message);
    }
  }
  return [...byQueue].flatMap(([queue, messages]) =>
    chunksOf(messages, REQUEST_COUNT).map((chunk) => ({ queue, messages: packMessages(chunk, nowEpochMs) })),
  );
}

/** @throws ConfigError for a URL without a file or with an unknown option. Opens nothing before `connect`. */
export function createSqliteTransport(options: SqliteTransportOptions): Transport {
  return new SqliteTransport(options);
}
