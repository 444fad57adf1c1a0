/** What becomes of results and of those who wait for them when the I/O thread dies. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { after, before, test } from 'node:test';
import { createSqliteBackend } from '../../../backends/sqlite/sqlite-backend.js';
import { systemClock } from '../../../core/kernel/clock.js';
import { BackendError } from '../../../core/kernel/errors.js';
import type { StoredResult } from '../../../core/ports/backend.js';
import { temporaryFolder, type TemporaryFolder } from '../../support/temporary-folder.js';

let folder: TemporaryFolder;
before(async () => {
  folder = await temporaryFolder();
});
after(() => folder.remove());

const result = (taskId: string): StoredResult => ({ taskId, state: 'SUCCESS', document: Buffer.from('{}') });

test('after the I/O thread has died, another one stores, reads and tells who waits', { timeout: 20_000 }, async () => {
  const options = { url: 'sqlite://./results.db', baseFolder: folder.path, clock: systemClock, expiresMs: null };
  const backend = createSqliteBackend(options);
  // The commits of this thread: the schema, then the first result.
  process.env['CELERIAC_FAILPOINT'] = 'afterSqliteCommit:exit:#2';
  await backend.connect(5_000);
  delete process.env['CELERIAC_FAILPOINT'];
  const told = new Promise<string>((resolve) => {
    const watch = backend.watch('awaited', ({ taskId }) => {
      watch.stop();
      resolve(taskId);
    });
  });
  await assert.rejects(backend.store([result('first')]), BackendError);
  await backend.store([result('awaited')]);
  assert.equal(await told, 'awaited');
  assert.deepEqual(
    (await backend.fetch(['first', 'awaited'])).map((one) => one?.taskId),
    ['first', 'awaited'],
  );
  await backend.close(5_000);
  await assert.rejects(backend.fetch(['first']), /not connected/);
});
