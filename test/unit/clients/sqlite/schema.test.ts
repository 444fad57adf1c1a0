/** Files of older celeriacs, and rows that no celeriac wrote. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { systemClock } from '../../../../core/kernel/clock.js';
import { ProtocolError } from '../../../../core/kernel/errors.js';
import { HeaderBlock } from '../../../../core/kernel/header-block.js';
import type { Delivery, Transport } from '../../../../core/ports/transport.js';
import { Connection } from '../../../../clients/sqlite/connection.js';
import {
  checkSchema,
  prepareSchema,
  SCHEMA_VERSION,
  type SchemaConnection,
} from '../../../../clients/sqlite/schema.js';
import { createSqliteTransport } from '../../../../transports/sqlite/sqlite-transport.js';
import { ack, idOf, idsOf, Inbox, message } from '../../../contract/transport-inbox.js';
import { temporaryFolder, type TemporaryFolder } from '../../../support/temporary-folder.js';

/** The first schema, as it was written. */
const VERSION_1 = `
CREATE TABLE queue (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE message (id INTEGER PRIMARY KEY, headers TEXT NOT NULL, properties TEXT NOT NULL, body BLOB NOT NULL);
CREATE TABLE ready (
  queue INTEGER NOT NULL, rank INTEGER NOT NULL, id INTEGER NOT NULL,
  deliveries INTEGER NOT NULL, expires INTEGER, bytes INTEGER NOT NULL,
  PRIMARY KEY (queue, rank, id)) WITHOUT ROWID;
CREATE TABLE delayed (
  due INTEGER NOT NULL, id INTEGER NOT NULL, queue INTEGER NOT NULL, rank INTEGER NOT NULL,
  deliveries INTEGER NOT NULL, expires INTEGER, bytes INTEGER NOT NULL,
  PRIMARY KEY (due, id)) WITHOUT ROWID;
CREATE TABLE unsettled (
  id INTEGER PRIMARY KEY, owner INTEGER NOT NULL, queue INTEGER NOT NULL, rank INTEGER NOT NULL,
  deliveries INTEGER NOT NULL, expires INTEGER, bytes INTEGER NOT NULL);
CREATE TABLE consumer (
  id INTEGER PRIMARY KEY, boot TEXT NOT NULL, namespace TEXT NOT NULL, pid INTEGER NOT NULL, started TEXT NOT NULL,
  lease_until INTEGER NOT NULL);
CREATE TABLE result (
  seq INTEGER PRIMARY KEY, task_id TEXT NOT NULL UNIQUE, state TEXT NOT NULL, is_ready INTEGER NOT NULL,
  document BLOB NOT NULL, expires INTEGER);
CREATE INDEX result_expires ON result (expires) WHERE expires IS NOT NULL;
CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO counter VALUES ('message', 0), ('result', 0), ('consumer', 0);
PRAGMA application_id = 1129075267;
PRAGMA user_version = 1;
`;

/** Rows as the first celeriac left them: no instant of publish, and the message's own expiration. */
const ROWS_1 = `
INSERT INTO queue (id, name) VALUES (1, 'q'), (2, 'p');
INSERT INTO message (id, headers, properties, body) VALUES
  (1, '{"id":"ready"}', '["","q","ready",null,"application/json","utf-8",2,null,1]', x'01'),
  (2, '{"id":"later"}', '["","q","later",null,"application/json","utf-8",2,null,1]', x'02'),
  (3, '{"id":"held"}', '["","p","held",null,"application/json","utf-8",2,null,1]', x'03');
INSERT INTO ready (queue, rank, id, deliveries, expires, bytes) VALUES (1, 0, 1, 0, 5, 1);
INSERT INTO delayed (due, id, queue, rank, deliveries, expires, bytes) VALUES (10, 2, 1, 0, 0, 5, 1);
INSERT INTO unsettled (id, owner, queue, rank, deliveries, expires, bytes) VALUES (3, 7, 2, 0, 0, 5, 1);
INSERT INTO consumer (id, boot, namespace, pid, started, lease_until) VALUES (7, 'gone', 'gone', 1, '1', 1);
UPDATE counter SET value = 10;
`;

describe('sqlite schema', { timeout: 60_000 }, () => {
  let folder: TemporaryFolder;
  let path: string;
  let transport: Transport;
  beforeEach(async () => {
    folder = await temporaryFolder();
    path = join(folder.path, 'queue.db');
    transport = createSqliteTransport({ url: 'sqlite://./queue.db', baseFolder: folder.path, clock: systemClock });
  });
  afterEach(async () => {
    await transport.close(5_000);
    await folder.remove();
  });

  const change = (sql: string): void => {
    const connection = Connection.open(path);
    connection.exec(sql);
    connection.close();
  };

  test('a file of the first schema is brought to this one, and nothing in it is lost', async () => {
    change(VERSION_1);
    change(ROWS_1);
    await transport.connect(5_000);
    const inbox = await Inbox.open(transport, { queues: ['q', 'p'] });
    const deliveries = await inbox.take(3);
    assert.deepEqual(idsOf(deliveries).sort(), ['held', 'later', 'ready']);
    assert.equal((await transport.browse('q', 1, 'unacked'))[0]?.publishedEpochMs, null);
    await transport.declareExchanges([{ name: 'x', type: 'fanout', durable: true }]);
    await transport.declare([{ name: 'q', durable: true, bindings: [{ exchange: 'x', routingKey: '' }] }]);
    await transport.publish([message('new', { exchange: 'x' })]);
    assert.equal(idOf(await inbox.one()), 'new');
    await transport.close(5_000);
    const connection = Connection.open(path);
    assert.equal(connection.scalar('PRAGMA user_version'), SCHEMA_VERSION);
    connection.close();
  });

  test('two processes that find an old file bring it over once', async () => {
    change(VERSION_1);
    change(ROWS_1);
    const url = 'sqlite://./queue.db?synchronous=normal';
    const other = createSqliteTransport({ url, baseFolder: folder.path, clock: systemClock });
    await Promise.all([transport.connect(5_000), other.connect(5_000)]);
    assert.equal(await other.count('q'), 2);
    await other.close(5_000);
  });

  test('an empty file that another process turns into a queue while this one looks is no foreign one', () => {
    const first = Connection.open(path);
    const second = Connection.open(path);
    first.useLog('normal');
    const looks: string[] = [];
    const observed: SchemaConnection = {
      path,
      exec: (sql) => {
        second.exec(sql);
      },
      write: (work) => second.write(work),
      snapshot: (work) => second.snapshot(work),
      scalar: (sql) => {
        const value = second.scalar(sql);
        looks.push(sql);
        if (looks.length === 2) prepareSchema(first);
        return value;
      },
    };
    assert.equal(checkSchema(observed), 0, 'as it was at the first look');
    assert.equal(checkSchema(observed), SCHEMA_VERSION);
    first.close();
    second.close();
  });

  test('an old process that has the file open goes on publishing', async () => {
    change(VERSION_1);
    const old = Connection.open(path);
    await transport.connect(5_000);
    // What it writes as `expires` still drops: it knows no other rule.
    old.exec(ROWS_1.replaceAll(', 5, 1)', ', NULL, 1)'));
    const inbox = await Inbox.open(transport, { queues: ['p'] });
    assert.equal(idOf(await inbox.one()), 'held');
    old.close();
  });

  describe('rows that no celeriac wrote are delivered, to be dead-lettered, and the rest goes on', () => {
    const damages: Readonly<Record<string, string>> = {
      'headers are no JSON': "UPDATE message SET headers = '{' WHERE id = 1",
      'headers are a number': 'UPDATE message SET headers = 5 WHERE id = 1',
      'headers are bytes, no text': "UPDATE message SET headers = x'fffe00' WHERE id = 1",
      'properties are empty': "UPDATE message SET properties = '' WHERE id = 1",
      'properties have wrong types': `UPDATE message SET properties = '[{},1,true,[],5,null,"2","x",{}]' WHERE id = 1`,
      'properties are too few': `UPDATE message SET properties = '["","q"]' WHERE id = 1`,
      'the body is a number': 'UPDATE message SET body = 12.5 WHERE id = 1',
      'the body is text': "UPDATE message SET body = 'grün' WHERE id = 1",
      'the message is missing': 'DELETE FROM message WHERE id = 1',
      'the count is text': "UPDATE ready SET deliveries = 'many', bytes = x'00' WHERE id = 1",
      'columns are null': `ALTER TABLE message RENAME TO sound;
        CREATE TABLE message (id INTEGER PRIMARY KEY, headers TEXT, properties TEXT, body BLOB);
        INSERT INTO message SELECT * FROM sound; DROP TABLE sound;
        UPDATE message SET headers = NULL, body = NULL WHERE id = 1`,
    };
    for (const [name, sql] of Object.entries(damages)) {
      test(name, async () => {
        await transport.connect(5_000);
        await transport.publish(['bad', 'good', 'last'].map((id) => message(id)));
        await transport.close(5_000);
        change(sql);
        await transport.connect(5_000);
        assert.equal((await transport.browse('q', 5)).length, 3);
        const inbox = await Inbox.open(transport);
        const [bad, ...others] = await inbox.take(3);
        assert.ok(bad);
        assert.deepEqual(idsOf(others), ['good', 'last']);
        assert.deepEqual(
          others.map(({ body }) => Buffer.from(body).toString()),
          ['good', 'last'],
        );
        assertHarmless(bad);
        const headers = HeaderBlock.fromTable({ reason: 'damaged' });
        const outcomes = await inbox.consumer.settle([
          { action: 'dead-letter', tag: bad.tag, queue: 'q.dead', headers },
          ...others.map(ack),
        ]);
        assert.deepEqual(outcomes, ['settled', 'settled', 'settled']);
        const [letter] = await transport.browse('q.dead', 5);
        assert.deepEqual(letter?.headers.table, { reason: 'damaged' });
        assert.deepEqual(await transport.move('q.dead', [{ handle: letter.handle ?? assert.fail(), to: null }]), [
          'moved',
        ]);
        const { ready, unacked } = await transport.stats('q');
        assert.deepEqual([ready, unacked], [0, 0]);
      });
    }
  });
});

/** Every field has its type; headers that cannot be read say so as the port does. */
function assertHarmless({ headers, properties, body, deliveryCount, exchange, routingKey }: Delivery): void {
  try {
    assert.equal(typeof headers.table, 'object');
  } catch (error) {
    assert.ok(error instanceof ProtocolError, String(error));
  }
  assert.ok(body instanceof Uint8Array);
  assert.equal(typeof deliveryCount, 'number');
  for (const text of [exchange, routingKey, properties.contentType, properties.contentEncoding]) {
    assert.equal(typeof text, 'string');
  }
  assert.ok(properties.correlationId === null || typeof properties.correlationId === 'string');
  assert.ok(properties.priority === null || typeof properties.priority === 'number');
}
