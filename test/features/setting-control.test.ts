/** Settings of the queues of remote control, seen in what a broker does with them. */
import assert from 'node:assert/strict';
import { setTimeout as later } from 'node:timers/promises';
import { describe, test } from 'node:test';
import type { Celeriac, SettingsInput } from '../../core/app/public.js';
import { nodeQueue, requestExchange } from '../../core/control/control-queues.js';
import { createClient, defaultOf, withWorker } from '../support/setting-apps.js';

/** The queue of a node that does not listen yet. */
async function declareNode(app: Celeriac): Promise<string> {
  const transport = await app.connections.transport();
  await transport.declareExchanges([requestExchange(app.conf)]);
  const queue = nodeQueue('deaf@test', app.conf);
  await transport.declare([queue]);
  return queue.name;
}

/** Waits until it is so; the test's own timeout bounds it. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await later(5);
}

async function withNode(settings: SettingsInput, body: (app: Celeriac, queue: string) => Promise<void>) {
  await using app = createClient(settings);
  await body(app, await declareNode(app));
}

describe('settings of remote control', { timeout: 60_000 }, () => {
  test('CONF-176: controlQueueTtl ends the life of a command that no node takes', async () => {
    await withNode({ controlQueueTtl: 0.05 }, async (app, queue) => {
      const transport = await app.connections.transport();
      await app.control.revoke('gone');
      await until(async () => (await transport.stats(queue)).ready === 0);
    });
    await withNode({ controlQueueTtl: 300 }, async (app, queue) => {
      await app.control.revoke('gone');
      await later(100);
      assert.equal((await (await app.connections.transport()).stats(queue)).ready, 1);
    });
    assert.equal(defaultOf('controlQueueTtl'), 300);
  });

  test('CONF-177: controlQueueExpires removes a queue of commands that nobody uses', async () => {
    await withNode({ controlQueueExpires: 0.05, controlQueueExclusive: false }, async (app, queue) => {
      const transport = await app.connections.transport();
      await until(async () => !(await transport.queues()).includes(queue));
    });
    assert.equal(defaultOf('controlQueueExpires'), 10);
  });

  test('CONF-178: controlQueueExclusive removes a queue of commands with its connection', async () => {
    for (const controlQueueExclusive of [true, false]) {
      await using watcher = createClient();
      const transport = await watcher.connections.transport();
      let queue = '';
      const settings = { brokerUrl: watcher.conf.brokerUrl, controlQueueExclusive };
      await withNode(settings, (_app, name) => {
        queue = name;
        return Promise.resolve();
      });
      assert.equal((await transport.queues()).includes(queue), !controlQueueExclusive);
    }
    assert.equal(defaultOf('controlQueueExclusive'), true);
  });

  test('CONF-180: controlExchange begins the names of exchange and queues', async () => {
    await withWorker({ controlExchange: 'fleet' }, async ({ app, worker }) => {
      const names = await (await app.connections.transport()).queues();
      assert.ok(names.includes(`${worker.hostname}.fleet.pidbox`));
      assert.equal((await app.control.inspect({ limit: 1, timeoutMs: 20_000 }).ping()).size, 1);
      const { brokerUrl } = app.conf;
      await using stranger = createClient({ brokerUrl, controlExchange: 'other' });
      assert.equal((await stranger.control.inspect({ timeoutMs: 100 }).ping()).size, 0);
    });
    assert.equal(defaultOf('controlExchange'), 'celery');
  });
});
