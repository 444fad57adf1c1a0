import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Connection } from '../../../../clients/sqlite/connection.js';
import { packResults } from '../../../../clients/sqlite/packed-rows.js';
import { ResultTable } from '../../../../clients/sqlite/result-table.js';
import { prepareSchema } from '../../../../clients/sqlite/schema.js';
import { temporaryFolder, type TemporaryFolder } from '../../../support/temporary-folder.js';

let folder: TemporaryFolder;
let db: Connection;

before(async () => {
  folder = await temporaryFolder();
  db = Connection.open(join(folder.path, 'results.db'));
  prepareSchema(db);
});
after(async () => {
  db.close();
  await folder.remove();
});

function storeIn(
  table: ResultTable,
  ids: readonly string[],
  retention: { expiresEpochS?: number; maxCount?: number; nowEpochMs?: number } = {},
): void {
  const { expiresEpochS = null, maxCount = null, nowEpochMs = 0 } = retention;
  const results = ids.map((taskId) => ({ taskId, state: 'SUCCESS', document: Buffer.from('{}') }));
  const packed = packResults(results, () => true);
  db.write(() => {
    table.store({ ...packed, count: ids.length, expiresEpochS, maxCount }, nowEpochMs);
  });
}

function countOf(): number {
  return Number(db.scalar('SELECT count(*) FROM result'));
}

test('what has expired goes with later stores, twice as many at most as they store, or at once when asked', () => {
  const table = new ResultTable(db);
  storeIn(table, ['a', 'b', 'c', 'd', 'e'], { expiresEpochS: 10 });
  assert.equal(countOf(), 5);
  storeIn(table, ['f'], { nowEpochMs: 10_000 });
  assert.equal(countOf(), 4);
  assert.equal(table.expire(100, 9_999), 0);
  assert.equal(table.expire(100, 10_000), 3);
  table.forget(['f']);
  assert.equal(countOf(), 0);
});

test('a bound on the number is held with a twentieth to spare, so that few stores have to look', () => {
  const table = new ResultTable(db);
  const ids = Array.from({ length: 1_000 }, (_, i) => `t${String(i)}`);
  let most = 0;
  for (let i = 0; i < ids.length; i += 10) {
    storeIn(table, ids.slice(i, i + 10), { maxCount: 200 });
    most = Math.max(most, countOf());
  }
  assert.equal(countOf(), 200);
  assert.equal(most, 200);
  storeIn(table, ['one more'], { maxCount: 200 });
  assert.equal(countOf(), 201);
  assert.equal(table.trim(200, 100), 1);
  assert.equal(countOf(), 200);
});

test('where a bound is new, what is beyond it goes step by step', () => {
  const table = new ResultTable(db);
  storeIn(
    table,
    Array.from({ length: 1_000 }, (_, i) => `n${String(i)}`),
  );
  const before = countOf();
  storeIn(table, ['x', 'y'], { maxCount: 10 });
  assert.equal(countOf(), before - 2);
  assert.equal(table.trim(10, 500), 500);
  table.trim(10, 10_000);
  assert.equal(countOf(), 10);
});
