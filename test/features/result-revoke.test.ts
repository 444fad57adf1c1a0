import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TaskRevoked } from '../../core/app/public.js';
import { TestWorker } from '../../testing/test-worker.js';
import { app, add, hold } from '../support/members/revoke-tasks.js';

test('RES-08: revoke() of a handle reaches the workers of the app', { timeout: 30_000 }, async () => {
  await using worker = await TestWorker.start({
    app,
    module: new URL('../support/members/revoke-tasks.js', import.meta.url),
  });
  assert.ok(worker.taskNames.includes('revoke.add'));
  const kept = await add.applyAsync({ args: [1, 2], countdown: 0.2 });
  const revoked = await add.applyAsync({ args: [3, 4], countdown: 0.2 });
  const stamped = await add.applyAsync({
    args: [5, 6],
    countdown: 0.2,
    stampedHeaders: ['tenant'],
    stamps: { tenant: 'acme' },
  });
  const replies = await revoked.revoke({ reply: true, limit: 1, timeoutMs: 10_000 });
  const answers = await stamped.revokeByStampedHeaders(
    { tenant: 'acme' },
    { reply: true, limit: 1, timeoutMs: 10_000 },
  );
  assert.deepStrictEqual([...replies.values()], [{ ok: `tasks {'${revoked.id}'} flagged as revoked` }]);
  assert.equal(answers.size, 1);
  assert.equal(await kept.get({ timeoutMs: 10_000 }), 3);
  await assert.rejects(revoked.get({ timeoutMs: 10_000 }), TaskRevoked);
  await assert.rejects(stamped.get({ timeoutMs: 10_000 }), TaskRevoked);

  const running = await hold.delay();
  for await (const { state } of running.updates({ timeoutMs: 10_000 })) if (state === 'STARTED') break;
  await running.revoke({ terminate: true, signal: 'SIGKILL' });
  await assert.rejects(running.get({ timeoutMs: 10_000 }), /terminated/);
});
