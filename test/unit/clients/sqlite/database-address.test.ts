import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ConfigError } from '../../../../core/kernel/errors.js';
import { parseDatabaseAddress } from '../../../../clients/sqlite/database-address.js';

describe('address of a database', () => {
  test('a relative path starts at the base folder, an absolute one stands', () => {
    assert.equal(parseDatabaseAddress('sqlite://./queue.db', '/srv/app').path, '/srv/app/queue.db');
    assert.equal(parseDatabaseAddress('sqlite://data/queue.db', '/srv/app').path, '/srv/app/data/queue.db');
    assert.equal(parseDatabaseAddress('sqlite://../queue.db', '/srv/app').path, '/srv/queue.db');
    assert.equal(parseDatabaseAddress('sqlite:///var/lib/my%20queue.db', '/srv/app').path, '/var/lib/my queue.db');
  });

  test('options have safe defaults and seconds become milliseconds', () => {
    const plain = parseDatabaseAddress('sqlite://q.db', '/');
    assert.deepEqual(plain, { path: '/q.db', synchronous: 'full', leaseMs: 30_000, expiresMs: undefined });
    const given = parseDatabaseAddress('sqlite://q.db?synchronous=normal&lease=5&expires=60', '/');
    assert.deepEqual(given, { path: '/q.db', synchronous: 'normal', leaseMs: 5_000, expiresMs: 60_000 });
    assert.equal(parseDatabaseAddress('sqlite://q.db?expires=never', '/').expiresMs, null);
  });

  for (const url of [
    'sqlite://',
    'sqlite:///folder/',
    'sqlite://:memory:',
    'sqlite://q.db?sync=full',
    'sqlite://q.db?synchronous=off',
    'sqlite://q.db?lease=0',
    'sqlite://q.db?lease=soon',
    'sqlite://%zz',
  ]) {
    test(`${url} is refused`, () => {
      assert.throws(() => parseDatabaseAddress(url, '/'), ConfigError);
    });
  }

  test('errors show no option: it may be the password of another store', () => {
    assert.throws(
      () => parseDatabaseAddress('sqlite://q.db?password=secret', '/'),
      ({ message }: Error) => message.includes('"password" in sqlite://q.db;') && !message.includes('secret'),
    );
  });
});
