/** The guard against SQLite's WAL-reset bug: docs/decisions/0005-sqlite-wal.md. */
import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { Checkpointer } from '../../../../clients/sqlite/checkpointer.js';
import { Connection } from '../../../../clients/sqlite/connection.js';
import { isBusy } from '../../../../clients/sqlite/io-failure.js';
import { temporaryFolder, type TemporaryFolder } from '../../../support/temporary-folder.js';

describe('checkpointer', () => {
  let folder: TemporaryFolder;
  let path: string;
  let connections: Connection[];
  const open = (): Connection => {
    const connection = Connection.open(path);
    connection.useLog('full');
    connections.push(connection);
    return connection;
  };

  beforeEach(async () => {
    folder = await temporaryFolder();
    path = join(folder.path, 'queue.db');
    connections = [];
  });
  afterEach(async () => {
    for (const connection of connections) connection.close();
    await folder.remove();
  });

  const fill = (connection: Connection): void => {
    connection.exec('CREATE TABLE IF NOT EXISTS t (x BLOB)');
    connection.write(() => {
      connection.exec('INSERT INTO t VALUES (zeroblob(100000))');
    });
  };

  test('no writer can commit, and so none can reset the log, while a checkpoint runs', () => {
    const other = open();
    let attempts = 0;
    const checkpointing = {
      exec: (): void => {
        attempts++;
        assert.throws(() => {
          other.write(() => undefined, { waitMs: 0 });
        }, isBusy);
      },
    };
    assert.equal(new Checkpointer(checkpointing, open()).run(0), true);
    assert.equal(attempts, 1);
    other.write(() => undefined, { waitMs: 0 });
  });

  test('while another connection writes, nothing is checkpointed: not even passively', () => {
    const worker = open();
    fill(worker);
    const checkpointer = new Checkpointer(worker, open());
    const before = statSync(path).size;
    open().write(() => {
      assert.equal(checkpointer.run(0), false);
    });
    assert.equal(statSync(path).size, before);
    assert.equal(checkpointer.run(0), true);
    assert.ok(statSync(path).size > before);
  });

  test('no connection checkpoints on its own', () => {
    const worker = open();
    assert.equal(worker.scalar('PRAGMA wal_autocheckpoint'), 0);
    for (let i = 0; i < 60; i++) fill(worker);
    // 6 MB in the log; SQLite's default would have moved them at 4 MB.
    assert.ok(statSync(`${path}-wal`).size > 6_000_000);
    assert.ok(statSync(path).size < 100_000);
  });

  test('this SQLite is older than the fix; when it is not, the guard may go', () => {
    const [major = 0, minor = 0, patch = 0] = String(open().scalar('SELECT sqlite_version()')).split('.').map(Number);
    assert.ok(major * 1_000_000 + minor * 1_000 + patch < 3_051_003, 'see docs/decisions/0005-sqlite-wal.md');
  });
});
