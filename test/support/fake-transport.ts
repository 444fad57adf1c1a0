/** A Transport for publishers: records what is declared and published, and fails when told to. */
import type {
  BrowsedMessage,
  Consumer,
  OutgoingMessage,
  QueueDeclaration,
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
  } as const;
  readonly address = 'fake://broker';
  readonly declared: string[] = [];
  /** Batches given to `publish`, the failed ones too. */
  readonly batches: (readonly OutgoingMessage[])[] = [];
  /** Carries out a batch; replace it to fail or to wait. */
  confirm: (batch: readonly OutgoingMessage[]) => Promise<void> = () => Promise.resolve();

  connect(): Promise<void> {
    return Promise.resolve();
  }

  declare(queues: readonly QueueDeclaration[]): Promise<void> {
    this.declared.push(...queues.map(({ name }) => name));
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
