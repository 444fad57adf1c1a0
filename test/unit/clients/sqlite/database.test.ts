/** What files are accepted and how large they grow. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { systemClock } from '../../../../core/kernel/clock.js';
import { ConfigError } from '../../../../core/kernel/errors.js';
import { createSqliteBackend } from '../../../../backends/sqlite/sqlite-backend.js';
import { Connection } from '../../../../clients/sqlite/connection.js';
import { SCHEMA_VERSION } from '../../../../clients/sqlite/schema.js';
import { createSqliteTransport } from '../../../../transports/sqlite/sqlite-transport.js';
import { ack, Inbox, message } from '../../../contract/transport-inbox.js';
import { temporaryFolder, type TemporaryFolder } from '../../../support/temporary-folder.js';

describe('sqlite database file', { timeout: 60_000 }, () => {
  let folder: TemporaryFolder;
  let path: string;
  beforeEach(async () => {
    folder = await temporaryFolder();
    path = join(folder.path, 'queue.db');
  });
  afterEach(() => folder.remove());

  const create = (): ReturnType<typeof createSqliteTransport> =>
    createSqliteTransport({ url: 'sqlite://./queue.db', baseFolder: folder.path, clock: systemClock });

  const assertRefused = async (reason: RegExp): Promise<void> => {
    await assert.rejects(create().connect(5_000), (error: unknown) => {
      assert.ok(error instanceof ConfigError, String(error));
      assert.match(error.message, reason);
      assert.ok(error.message.includes(path), 'the message names the file');
      return true;
    });
  };

  test('the address is absolute', () => {
    assert.equal(create().address, `sqlite://${path}`);
  });

  test('a file of a newer celeriac is refused and left as it is', async () => {
    const transport = create();
    await transport.connect(5_000);
    await transport.close(5_000);
    const connection = Connection.open(path);
    connection.exec(`PRAGMA user_version = ${String(SCHEMA_VERSION + 1)}`);
    connection.close();
    await assertRefused(/newer celeriac .*upgrade/);
    const after = Connection.open(path);
    assert.equal(after.scalar('PRAGMA user_version'), SCHEMA_VERSION + 1);
    after.close();
  });

  test("another program's database is refused and left as it is", async () => {
    const foreign = Connection.open(path);
    foreign.exec('CREATE TABLE customer (name TEXT)');
    foreign.close();
    const before = readFileSync(path);
    await assertRefused(/another program/);
    assert.deepEqual(readFileSync(path), before);
  });

  test('a file that is no database is refused and left as it is', async () => {
    writeFileSync(path, Buffer.alloc(10_000, 'not a database '));
    await assertRefused(/not a database/);
    assert.equal(statSync(path).size, 10_000);
  });

  test('a folder that does not exist is refused', async () => {
    path = join(folder.path, 'missing', 'queue.db');
    const transport = createSqliteTransport({ url: `sqlite://${path}`, baseFolder: '/', clock: systemClock });
    await assert.rejects(transport.connect(5_000), ConfigError);
  });

  test(
    'a file that may not be written is refused',
    { skip: process.getuid?.() === 0 && 'root may write anything' },
    async () => {
      const transport = create();
      await transport.connect(5_000);
      await transport.close(5_000);
      chmodSync(path, 0o444);
      await assertRefused(/readonly|opened/);
    },
  );

  test('20,000 messages and results in rounds leave a file that has stopped growing', async () => {
    const transport = create();
    const url = 'sqlite://./queue.db?expires=0.001';
    // Results of a clock that is late have expired when they are stored: each round removes those of the round before.
    const clock = { ...systemClock, nowEpochMs: () => Date.now() - 60_000 };
    const backend = createSqliteBackend({ url, baseFolder: folder.path, clock, expiresMs: null });
    await transport.connect(5_000);
    await backend.connect(5_000);
    const inbox = await Inbox.open(transport, { prefetchCount: 1_000 });
    const sizes: number[] = [];
    for (let round = 0; round < 20; round++) {
      await transport.publish(
        Array.from({ length: 1_000 }, (_, i) => message(`r${String(round)}-${String(i)}`, { body: Buffer.alloc(500) })),
      );
      const deliveries = await inbox.take(1_000);
      await backend.store(
        deliveries.map((one) => ({ taskId: one.properties.correlationId ?? '', state: 'SUCCESS', document: one.body })),
      );
      await inbox.consumer.settle(deliveries.map(ack));
      sizes.push(readdirSync(folder.path).reduce((sum, name) => sum + statSync(join(folder.path, name)).size, 0));
    }
    const half = Math.max(...sizes.slice(0, 10));
    const full = Math.max(...sizes.slice(10));
    assert.ok(full <= half * 1.1, `grew from ${String(half)} to ${String(full)} bytes: ${sizes.join(' ')}`);
    assert.deepEqual(await backend.fetch(['r19-0']), [null]);
    await backend.close(5_000);
    await transport.close(5_000);
    const connection = Connection.open(path);
    assert.equal(connection.scalar('SELECT count(*) FROM message'), 0);
    assert.ok(Number(connection.scalar('SELECT count(*) FROM result')) <= 1_000);
    connection.close();
  });

  test('a row whose rank is damaged is delivered once and stops nobody', async () => {
    const transport = create();
    await transport.connect(5_000);
    await transport.publish([message('a'), message('b'), message('c')]);
    const connection = Connection.open(path);
    connection.exec("UPDATE ready SET rank = 'high' WHERE id = 1; UPDATE ready SET rank = 0.5 WHERE id = 2");
    connection.close();
    const inbox = await Inbox.open(transport);
    const held = await inbox.take(3);
    // The next transaction claims, too: it failed as long as such a row was held.
    await transport.publish([message('d')]);
    held.push(...(await inbox.take(1)));
    assert.deepEqual(held.map(({ properties }) => properties.correlationId).sort(), ['a', 'b', 'c', 'd']);
    await inbox.consumer.settle(held.map(ack));
    const { ready, unacked } = await transport.stats('q');
    assert.deepEqual({ ready, unacked }, { ready: 0, unacked: 0 });
    await transport.close(5_000);
  });
});
