/** What only several processes on one file can show (reliability W1, W4, S4). */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { systemClock } from '../../../../core/kernel/clock.js';
import type { Transport } from '../../../../core/ports/transport.js';
import { Connection } from '../../../../clients/sqlite/connection.js';
import { createSqliteBackend } from '../../../../backends/sqlite/sqlite-backend.js';
import { createSqliteTransport } from '../../../../transports/sqlite/sqlite-transport.js';
import { ack, idsOf, Inbox, message } from '../../../contract/transport-inbox.js';
import { SqliteProcess } from '../../../support/sqlite-process.js';
import { temporaryFolder, type TemporaryFolder } from '../../../support/temporary-folder.js';

const messages = (count: number): ReturnType<typeof message>[] =>
  Array.from({ length: count }, (_, i) => message(`m${String(i)}`));

describe('sqlite transport between processes', { timeout: 60_000 }, () => {
  let folder: TemporaryFolder;
  let transport: Transport;
  const processes: SqliteProcess[] = [];
  const urlOf = (query = ''): string => `sqlite://${folder.path}/queue.db${query}`;
  const start = async (...args: Parameters<typeof SqliteProcess.start>): Promise<SqliteProcess> => {
    const started = await SqliteProcess.start(...args);
    processes.push(started);
    return started;
  };
  const open = async (query = ''): Promise<void> => {
    transport = createSqliteTransport({ url: urlOf(query), baseFolder: '/', clock: systemClock });
    await transport.connect(5_000);
  };

  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(async () => {
    for (const one of processes.splice(0)) await one.kill();
    await transport.close(5_000);
    await folder.remove();
  });

  test('what a killed process held is delivered elsewhere at once, counted, long before its lease ends', async () => {
    await open();
    await transport.publish(messages(20));
    const holder = await start(urlOf(), 'hold', 20);
    await holder.untilDelivered(20);
    const inbox = await Inbox.open(transport);
    const killed = performance.now();
    await holder.kill();
    const deliveries = await inbox.take(20);
    const tookMs = performance.now() - killed;
    // Rs of reliability §3; a look a second finds it in 1 s on a quiet machine.
    assert.ok(tookMs < 3_000, `took ${tookMs.toFixed(0)} ms; the lease is 30 s`);
    assert.deepEqual(idsOf(deliveries).sort(), idsOf(messages(20)).sort());
    assert.ok(deliveries.every((delivery) => delivery.deliveryCount === 1 && delivery.redelivered));
  });

  test('two processes claim 5,000 messages between them, none twice, and the file stays sound', async () => {
    await open();
    const both = [await start(urlOf(), 'ack', 200), await start(urlOf(), 'ack', 200)];
    const published = messages(5_000);
    for (let i = 0; i < 10; i++) await transport.publish(published.slice(i * 500, (i + 1) * 500));
    const [first, second] = both;
    assert.ok(first && second);
    const all = (): string[] => [...first.ids, ...second.ids];
    await Promise.race(both.map((one) => one.until(() => all().length >= 5_000)));
    assert.equal(all().length, 5_000);
    assert.equal(new Set(all()).size, 5_000);
    await Promise.all(both.map((one) => one.close()));
    await transport.close(5_000);
    const connection = Connection.open(`${folder.path}/queue.db`);
    assert.equal(connection.scalar('PRAGMA integrity_check'), 'ok');
    assert.equal(connection.scalar('SELECT count(*) FROM message'), 0);
    connection.close();
  });

  for (const way of ['stopped process', 'blocked host'] as const) {
    test(`a ${way} loses its lease, and finds on waking that its epoch is over`, async () => {
      await open('?lease=0.6');
      await transport.publish(messages(3));
      const sleeper = await start(urlOf('?lease=0.6'), 'hold', 10);
      await sleeper.untilDelivered(3);
      if (way === 'stopped process') sleeper.signal('SIGSTOP');
      else sleeper.tell({ kind: 'block', durationMs: 4_000 });
      const inbox = await Inbox.open(transport);
      const deliveries = await inbox.take(3);
      assert.ok(deliveries.every((delivery) => delivery.deliveryCount === 1));
      sleeper.signal('SIGCONT');
      const lost = await sleeper.until((report) => report.kind === 'lost');
      assert.deepEqual(lost, { kind: 'lost', recovering: true });
      sleeper.tell({ kind: 'ack-held' });
      const settled = await sleeper.until((report) => report.kind === 'outcomes');
      assert.deepEqual(settled, { kind: 'outcomes', outcomes: ['gone', 'gone', 'gone'] });
      // Its acks changed nothing: ours still count.
      assert.deepEqual(await inbox.consumer.settle(deliveries.map(ack)), ['settled', 'settled', 'settled']);
      await inbox.consumer.close();
      await transport.publish([message('next')]);
      await sleeper.until((report) => report.kind === 'deliveries' && report.ids.includes('next'));
    });
  }

  test('a bell carries a message to another process and its result back, far below the look of once a second', async () => {
    await open();
    const backend = createSqliteBackend({ url: urlOf(), baseFolder: '/', clock: systemClock, expiresMs: null });
    await backend.connect(5_000);
    await start(urlOf(), 'echo', 10);
    const timesMs: number[] = [];
    for (let i = 0; i < 30; i++) {
      const id = `ping${String(i)}`;
      const sent = performance.now();
      await new Promise<void>((resolve) => {
        const watch = backend.watch(id, () => {
          watch.stop();
          resolve();
        });
        void transport.publish([message(id)]);
      });
      timesMs.push(performance.now() - sent);
    }
    await backend.close(5_000);
    timesMs.sort((a, b) => a - b);
    // There and back: three commits, 3 ms. Without bells the median would be near a second; tests share their machine.
    assert.ok((timesMs[15] ?? Infinity) < 250, `median of ${timesMs.map((ms) => ms.toFixed(1)).join(' ')}`);
  });
});
