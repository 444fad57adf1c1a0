/**
 * A process with one consumer on an SQLite file, driven over IPC by `SqliteProcess`. Modes: `hold` settles nothing,
 * `ack` acknowledges at once, `echo` stores a result for each delivery and acknowledges it, `listen` holds what comes to a
 * queue of its own (`own`), bound to the exchange `news`.
 */
import { systemClock } from '../../core/kernel/clock.js';
import type { Delivery } from '../../core/ports/transport.js';
import { createSqliteBackend } from '../../backends/sqlite/sqlite-backend.js';
import { createSqliteTransport } from '../../transports/sqlite/sqlite-transport.js';
import { ack, idOf, idsOf } from '../contract/transport-inbox.js';

export type SqliteProcessMode = 'hold' | 'ack' | 'echo' | 'listen';

/** What the process is told. */
export type SqliteCommand =
  | { readonly kind: 'ack-held' }
  /** Blocks the host thread, not the I/O thread. */
  | { readonly kind: 'block'; readonly durationMs: number }
  | { readonly kind: 'close' };

/** What it says. */
export type SqliteReport =
  | { readonly kind: 'ready' }
  | { readonly kind: 'deliveries'; readonly ids: readonly string[]; readonly counts: readonly number[] }
  | { readonly kind: 'lost'; readonly recovering: boolean }
  | { readonly kind: 'outcomes'; readonly outcomes: readonly string[] };

function say(report: SqliteReport): void {
  process.send?.(report);
}

async function main(url: string, mode: SqliteProcessMode, prefetchCount: number): Promise<void> {
  const options = { url, baseFolder: '/', clock: systemClock };
  const transport = createSqliteTransport(options);
  const backend = createSqliteBackend({ ...options, expiresMs: null });
  await transport.connect(10_000);
  await backend.connect(10_000);
  const held: Delivery[] = [];

  if (mode === 'listen') {
    const bindings = [{ exchange: 'news', routingKey: '' }];
    await transport.declareExchanges([{ name: 'news', type: 'fanout', durable: true }]);
    await transport.declare([{ name: 'own', durable: false, exclusive: true, autoDelete: true, bindings }]);
  }
  const consumer = await transport.consume({
    queues: [mode === 'listen' ? 'own' : 'q'],
    prefetchCount,
    onLost: (_error, recovering) => {
      say({ kind: 'lost', recovering });
    },
    onDeliveries: (batch) => {
      held.push(...batch);
      if (mode === 'ack' || mode === 'echo') void finish(held.splice(0));
      say({ kind: 'deliveries', ids: idsOf(batch), counts: batch.map((delivery) => delivery.deliveryCount) });
    },
  });

  async function finish(batch: readonly Delivery[]): Promise<void> {
    if (mode === 'echo') {
      await backend.store(batch.map((one) => ({ taskId: idOf(one), state: 'SUCCESS', document: one.body })));
    }
    await consumer.settle(batch.map(ack));
  }

  process.on('message', (command: SqliteCommand) => {
    if (command.kind === 'ack-held') {
      void consumer.settle(held.splice(0).map(ack)).then((outcomes) => {
        say({ kind: 'outcomes', outcomes });
      });
    } else if (command.kind === 'block') {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, command.durationMs);
    } else {
      void transport.close(5_000).then(async () => {
        await backend.close(5_000);
        process.disconnect();
      });
    }
  });
  say({ kind: 'ready' });
}

const [url = '', mode = 'hold', prefetchCount = '100'] = process.argv.slice(2);
void main(url, mode as SqliteProcessMode, Number(prefetchCount));
