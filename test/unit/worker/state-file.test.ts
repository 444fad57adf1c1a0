import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ConfigError } from '../../../core/kernel/errors.js';
import { loadState, saveState } from '../../../core/worker/state-file.js';
import { temporaryFolder, type TemporaryFolder } from '../../support/temporary-folder.js';

const revoked = { ids: [['a', 1_000]], stamps: [['["tenant","acme"]', 2_000]] } as const;
let folder: TemporaryFolder;

before(async () => {
  folder = await temporaryFolder();
});
after(() => folder.remove());

test('WORK-64 what was saved is loaded, and nothing else is left beside it', async () => {
  const path = join(folder.path, 'deep', 'worker.state');
  await saveState(path, revoked);
  await saveState(path, revoked);
  assert.deepStrictEqual(await loadState(path), { revoked, complaint: null });
  assert.deepStrictEqual(readdirSync(join(folder.path, 'deep')), ['worker.state']);
});

test('a file that is not there is an empty state', async () => {
  const { revoked: nothing, complaint } = await loadState(join(folder.path, 'missing'));
  assert.deepStrictEqual([nothing, complaint], [{ ids: [], stamps: [] }, null]);
});

test('a damaged file is set aside with a reason, never overwritten', async () => {
  for (const text of [
    '',
    '{"format":',
    '[]',
    '{"format":"celeriac-worker-state","version":1,"revoked":{"ids":[["a"]],"stamps":[]}}',
  ]) {
    const path = join(folder.path, 'damaged');
    writeFileSync(path, text);
    const { revoked: nothing, complaint } = await loadState(path);
    assert.deepStrictEqual(nothing, { ids: [], stamps: [] });
    assert.match(complaint ?? '', /damaged/);
    assert.equal(readFileSync(`${path}.corrupt`, 'utf8'), text);
  }
});

test('a file of a later version is refused and stays as it is', async () => {
  const path = join(folder.path, 'later');
  const text = '{"format":"celeriac-worker-state","version":2}';
  writeFileSync(path, text);
  await assert.rejects(loadState(path), ConfigError);
  assert.equal(readFileSync(path, 'utf8'), text);
});
