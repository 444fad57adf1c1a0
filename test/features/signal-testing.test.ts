/** SIG-45: what a worker for tests says of itself. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signals } from '../../core/app/public.js';
import { TestWorker } from '../../testing/public.js';
import { app, add } from '../support/members/hostile-tasks.js';

test('SIG-45: a test worker tells when it starts, when it works and when it has stopped', async () => {
  const told: string[] = [];
  const note = (name: string) => (event: { readonly sender: object; readonly worker?: unknown }) => {
    told.push(
      `${name} ${String(event.sender === app)} ${String((event.worker as { state?: string } | undefined)?.state)}`,
    );
  };
  signals.testWorkerStarting.connect(note('starting'));
  signals.testWorkerStarted.connect(note('started'));
  signals.testWorkerStopped.connect(note('stopped'));
  const worker = await TestWorker.start({
    app,
    module: new URL('../support/members/hostile-tasks.js', import.meta.url),
  });
  assert.equal(await (await add.delay(2, 3)).get({ timeoutMs: 20_000 }), 5);
  await worker.close();
  assert.deepEqual(told, ['starting true undefined', 'started true ready', 'stopped true closed']);
});
