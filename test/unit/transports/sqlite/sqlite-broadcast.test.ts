/** Exchanges and queues of several processes on one file (ROUTE-10, ROUTE-11, ROUTE-13). */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { systemClock } from '../../../../core/kernel/clock.js';
import { TransportError } from '../../../../core/kernel/errors.js';
import { PublishRefusal } from '../../../../core/ports/publish-refusal.js';
import type { Transport } from '../../../../core/ports/transport.js';
import { createSqliteTransport } from '../../../../transports/sqlite/sqlite-transport.js';
import { idsOf, Inbox, message } from '../../../contract/transport-inbox.js';
import { SqliteProcess } from '../../../support/sqlite-process.js';
import { temporaryFolder, type TemporaryFolder } from '../../../support/temporary-folder.js';

describe('sqlite exchanges between processes', { timeout: 60_000 }, () => {
  let folder: TemporaryFolder;
  let transport: Transport;
  let listener: SqliteProcess | null = null;
  const listen = async (query = ''): Promise<SqliteProcess> => {
    listener = await SqliteProcess.start(`sqlite://${folder.path}/queue.db${query}`, 'listen', 100);
    return listener;
  };

  beforeEach(async () => {
    folder = await temporaryFolder();
    transport = createSqliteTransport({ url: 'sqlite://./queue.db', baseFolder: folder.path, clock: systemClock });
    await transport.connect(5_000);
    await transport.declareExchanges([{ name: 'news', type: 'fanout', durable: true }]);
  });
  afterEach(async () => {
    await listener?.kill();
    await transport.close(5_000);
    await folder.remove();
  });

  const publish = (id: string, mandatory = true): Promise<void> =>
    transport.publish([message(id, { exchange: 'news', routingKey: '', mandatory })]);

  test('a publisher knows at once what another process has bound, and that it is gone when that was killed', async () => {
    await assert.rejects(publish('early'), { code: PublishRefusal.UNROUTABLE });
    const other = await listen();
    await publish('a');
    await other.untilDelivered(1);
    assert.deepEqual(other.ids, ['a']);
    // Somebody has to notice: a consumer of any process does.
    await Inbox.open(transport);
    await other.kill();
    while ((await transport.queues()).includes('own')) await new Promise((resolve) => setTimeout(resolve, 20));
    await assert.rejects(publish('late'), { code: PublishRefusal.UNROUTABLE });
    await publish('lost', false);
  });

  test('a message that may vanish reaches who has bound since the last one', async () => {
    await publish('unheard', false);
    const other = await listen();
    await publish('heard', false);
    await other.untilDelivered(1);
    assert.deepEqual(other.ids, ['heard']);
  });

  test("another process's exclusive queue cannot be consumed or declared, but published to and looked at", async () => {
    const other = await listen();
    await assert.rejects(Inbox.open(transport, { queues: ['own'] }), TransportError);
    await assert.rejects(transport.declare([{ name: 'own', durable: false }]), /exclusive to process/);
    const inbox = await Inbox.open(transport);
    await assert.rejects(inbox.consumer.addQueues(['own']), TransportError);
    await transport.publish([message('direct', { queue: 'own' })]);
    await other.untilDelivered(1);
    assert.equal((await transport.stats('own')).unacked, 1);
  });

  test('a process that was stopped too long has its queue again, with its binding, when it goes on', async () => {
    const other = await listen('?lease=0.6');
    await Inbox.open(transport);
    other.signal('SIGSTOP');
    while ((await transport.queues()).includes('own')) await new Promise((resolve) => setTimeout(resolve, 20));
    await assert.rejects(publish('unheard'), { code: PublishRefusal.UNROUTABLE });
    other.signal('SIGCONT');
    await other.until((report) => report.kind === 'lost');
    await publish('heard');
    await other.untilDelivered(1);
    assert.deepEqual(other.ids, ['heard']);
  });

  test('two transports that bind and publish all the time lose nothing', async () => {
    const url = 'sqlite://./queue.db?synchronous=normal';
    const binder = createSqliteTransport({ url, baseFolder: folder.path, clock: systemClock });
    await binder.connect(5_000);
    const binding = { exchange: 'news', routingKey: '' };
    await binder.declare([{ name: 'all', durable: true, bindings: [binding] }]);
    const churn = async (): Promise<void> => {
      for (let i = 0; i < 30; i++) {
        await binder.declare([{ name: 'some', durable: true, bindings: [binding] }]);
        await binder.unbind('some', [binding]);
      }
    };
    const ids = Array.from({ length: 60 }, (_, i) => `m${String(i)}`);
    const send = async (): Promise<void> => {
      for (const id of ids) await publish(id);
    };
    await Promise.all([churn(), send()]);
    assert.deepEqual(idsOf(await transport.browse('all', 100)), ids);
    await binder.close(5_000);
  });
});
