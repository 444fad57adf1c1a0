/** Defects of Celery that concern publishing: BUG-17, BUG-19. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { workerDirect } from '../../core/app/public.js';
import { createApp, messageIn } from '../support/sent-messages.js';

test('BUG-17: where code and documentation differ the values of the code hold', async () => {
  await using app = createApp();
  assert.deepStrictEqual([app.conf.taskPublishRetryPolicy.intervalMax, app.conf.brokerHeartbeatCheckrate], [1, 3]);
  const queue = workerDirect('celery@host');
  await app.sendTask('t', { queue });
  assert.equal(queue.name, 'celery@host.dq2');
  assert.equal((await messageIn(app, 'celery@host.dq2')).headers.table['task'], 't');
});

test('BUG-19: a message says when it was sent, if asked to', async () => {
  await using app = createApp({ taskSentTimestamp: true });
  const before = Date.now();
  await app.sendTask('t');
  const sent = (await messageIn(app)).headers.table['celeriac_sent'];
  assert.ok(typeof sent === 'string' && Date.parse(sent) >= before - 1 && Date.parse(sent) <= Date.now());
  await using quiet = createApp();
  await quiet.sendTask('t');
  assert.equal((await messageIn(quiet)).headers.table['celeriac_sent'], undefined);
});
