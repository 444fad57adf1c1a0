/** A Transport for publishers: records what is declared and published, and fails when told to. */
import type {
  BrowsedMessage,
  Consumer,
  ExchangeDeclaration,
  MoveOutcome,
  OutgoingMessage,
  QueueDeclaration,
  QueueStats,
  Transport,
} from '../../core/ports/transport.js';

export class FakeTransport implements Transport {
  readonly capabilities = {
    settle: 'message',
    nativeDelay: true,
    priorities: true,
    deliveryCount: true,
    prefetch: 'client',
    durable: false,
    shared: false,
    dropsExpired: false,
    handles: false,
  } as const;
  readonly isConnected = true;
  readonly address = 'fake://broker';
  readonly declared: string[] = [];
  readonly exchanges: ExchangeDeclaration[] = [];
  /** Batches given to `publish`, the failed ones too. */
  readonly batches: (readonly OutgoingMessage[])[] = [];
  /** Carries out a batch; replace it to fail or to wait. */
  confirm: (batch: readonly OutgoingMessage[]) => Promise<void> = () => Promise.resolve();

  connect(): Promise<void> {
    return Promise.resolve();
  }

  declareExchanges(exchanges: readonly ExchangeDeclaration[]): Promise<void> {
    this.exchanges.push(...exchanges);
    return Promise.resolve();
  }

  declare(queues: readonly QueueDeclaration[]): Promise<void> {
    this.declared.push(...queues.map(({ name }) => name));
    return Promise.resolve();
  }

  unbind(): Promise<void> {
    return Promise.resolve();
  }

  publish(batch: readonly OutgoingMessage[]): Promise<void> {
    this.batches.push(batch);
    return this.confirm(batch);
  }

  consume(): Promise<Consumer> {
    return Promise.reject(new Error('this transport only publishes'));
  }

  purge(): Promise<number> {
    return Promise.resolve(0);
  }

  count(): Promise<number> {
    return Promise.resolve(0);
  }

  stats(): Promise<QueueStats> {
    return Promise.resolve({ ready: 0, unacked: 0, delayed: 0, consumers: 0, oldestAgeMs: null });
  }

  move(): Promise<readonly MoveOutcome[]> {
    return Promise.reject(new Error('this transport only publishes'));
  }

  browse(): Promise<readonly BrowsedMessage[]> {
    return Promise.resolve([]);
  }

  queues(): Promise<readonly string[]> {
    return Promise.resolve(this.declared);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
