/** OPT-05: results that nobody needs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestWorker } from '../../testing/public.js';
import { add, app, fail } from '../support/members/result-tasks.js';

const module = new URL('../support/members/result-tasks.js', import.meta.url);

test('OPT-05: with ignoreResult nothing is stored, neither success nor failure', { timeout: 60_000 }, async () => {
  await using worker = await TestWorker.start({ app, module });
  assert.ok(worker.taskNames.includes('results.add'));
  const ignored = await add.applyAsync({ args: [1, 2], ignoreResult: true });
  const failed = await fail.applyAsync({ args: ['no'], ignoreResult: true });
  // One member takes one after the other: these end after those.
  const later = await Promise.all([add.delay(3, 4), add.delay(5, 6)]);
  assert.deepStrictEqual(await app.resultSet(later).get({ timeoutMs: 20_000 }), [7, 11]);
  assert.deepStrictEqual(
    [await app.asyncResult(ignored.id).state(), await app.asyncResult(failed.id).state()],
    ['PENDING', 'PENDING'],
  );
});
