/** Signals of publishers and of an app: SIG-10, 11, 22, 23, 44. */
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { signals, type Celeriac } from '../../core/app/public.js';
import { bodyOf, createApp, messageIn, messagesIn } from '../support/sent-messages.js';

const undo: (() => void)[] = [];
afterEach(() => {
  for (const one of undo.splice(0)) one();
});

async function withApp(
  body: (app: Celeriac) => Promise<void>,
  input: Parameters<typeof createApp>[0] = {},
): Promise<void> {
  await using app = createApp(input);
  await body(app);
}

test('SIG-10: before_task_publish is awaited and may change body, headers and properties', () =>
  withApp(async (app) => {
    undo.push(
      signals.beforeTaskPublish.connect(
        async ({ sender, body, headers, properties, exchange, routingKey }) => {
          await Promise.resolve();
          headers['x-from'] = `${sender} ${exchange}/${routingKey}`;
          properties['priority'] = 7;
          (body[0] as unknown[]).push('added');
        },
        { sender: 'shop.add' },
      ),
    );
    await app.sendTask('shop.add', { args: [1], compression: 'gzip' });
    await app.sendTask('shop.other', { queue: 'other' });
    const message = await messageIn(app);
    assert.deepStrictEqual(
      [message.headers.table['x-from'], message.properties.priority, message.headers.table['compression']],
      ['shop.add /celery', 7, 'application/x-gzip'],
    );
    assert.equal((await messageIn(app, 'other')).headers.table['x-from'], undefined);
    undo.splice(0).forEach((one) => {
      one();
    });
    undo.push(signals.beforeTaskPublish.connect(({ body }) => void (body[0] as unknown[]).push(2)));
    await app.sendTask('plain', { args: [1], queue: 'plain' });
    assert.deepStrictEqual(bodyOf(await messageIn(app, 'plain'))[0], [1, 2]);
  }));

test('SIG-11: after_task_publish follows the confirm, and not a publish that failed', () =>
  withApp(
    async (app) => {
      const heard: unknown[] = [];
      undo.push(
        signals.afterTaskPublish.connect(async ({ sender, headers, body, exchange, routingKey }) => {
          heard.push([sender, headers['id'], body[0], exchange, routingKey, (await messagesIn(app)).length]);
        }),
      );
      await app.sendTask('shop.add', { args: [1], taskId: 'one' });
      assert.deepStrictEqual(heard, [['shop.add', 'one', [1], '', 'celery', 1]]);
      const transport = await app.connections.transport();
      transport.publish = () => Promise.reject(new Error('no'));
      await assert.rejects(app.sendTask('shop.add'));
      assert.equal(heard.length, 1);
    },
    { taskPublishRetry: false },
  ));

test('SIG-22: task_sent tells id, name and arguments of what was published', () =>
  withApp(async (app) => {
    const heard: unknown[] = [];
    undo.push(
      signals.taskSent.connect(({ taskId, task, args, kwargs, eta, taskset }) => {
        heard.push([taskId, task, args, kwargs, eta, taskset]);
      }),
    );
    await app.sendTask('shop.add', { args: [1], kwargs: { k: 2 }, taskId: 'one', groupId: 'g' });
    const eta = new Date(Date.now() + 60_000);
    await app.sendTask('shop.add', { taskId: 'two', eta, expires: 90 });
    const { headers } = (await messagesIn(app)).find(({ headers: { table } }) => table['id'] === 'two') ?? {};
    assert.deepStrictEqual(heard, [
      ['one', 'shop.add', [1], { k: 2 }, null, 'g'],
      ['two', 'shop.add', [], {}, headers?.table['eta'], null],
    ]);
    assert.equal(Date.parse(headers?.table['eta'] as string), eta.getTime());
  }));

test('SIG-23: import_modules comes before the modules of a worker are looked up', () =>
  withApp(async (app) => {
    const senders: unknown[] = [];
    undo.push(signals.importModules.connect(({ sender }) => void senders.push(sender)));
    await app.modules.importDefaults(app.conf);
    assert.deepStrictEqual([senders.length, senders[0] === app], [1, true]);
  }));

test('SIG-44: an app tells of its configuration and finalization, each once', () =>
  withApp(async (app) => {
    const heard: unknown[] = [];
    app.settings.onConfigure.connect(() => void heard.push('on_configure'));
    app.settings.onAfterConfigure.connect(({ source }) => void heard.push(['on_after_configure', source]));
    app.lifecycle.onAfterFinalize.connect(() => void heard.push('on_after_finalize'));
    await app.sendTask('t');
    await app.sendTask('t');
    assert.deepStrictEqual(heard.map(String).sort(), ['on_after_configure,', 'on_after_finalize', 'on_configure']);
  }));
