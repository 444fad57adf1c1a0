/** MIS-40: what an inspection without an answer means, and what it does not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestWorker } from '../../testing/public.js';
import { app, add } from '../support/members/hostile-tasks.js';

test('MIS-40: an inspection that nobody answers in time is empty, whether there are workers or not', async () => {
  const startedMs = performance.now();
  assert.equal((await app.control.inspect({ timeoutMs: 50 }).ping()).size, 0);
  assert.ok(performance.now() - startedMs >= 49, 'it has not waited for answers');
  await app.close();
  const worker = await TestWorker.start({
    app,
    module: new URL('../support/members/hostile-tasks.js', import.meta.url),
  });
  const elsewhere = app.control.inspect({ destination: ['celery@elsewhere'], timeoutMs: 50 });
  assert.equal((await elsewhere.ping()).size, 0);
  assert.equal(await (await add.delay(2, 3)).get({ timeoutMs: 20_000 }), 5);
  await worker.close();
});
