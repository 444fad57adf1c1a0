/** Settings that show in the message: serializer, compression, protocol, queues, keys, priorities, addresses. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Celeriac, ConnectionLostError, TransportError, type SettingsInput } from '../../core/app/public.js';
import { createClient, sentWith, waiting, withWorker } from '../support/setting-apps.js';
import { createProject } from '../unit/loader/project-on-disk.js';

/** Where a call ends up: exchange and key by which a queue of its own is reached. */
async function arrives(settings: SettingsInput, queue: string, task = 's.add'): Promise<boolean> {
  await using app = createClient(settings);
  await app.sendTask(task);
  return (await waiting(app, queue)).length === 1;
}

/** The address that a broker in parts makes. */
function brokerOf(parts: SettingsInput): string {
  return new Celeriac('parts', { ...parts, setAsCurrent: false }).conf.brokerUrl;
}

/** Sends through a transport that loses its connection `failures` times; the number of tries. */
async function triesThrough(failures: number, settings: SettingsInput): Promise<number> {
  await using app = createClient(settings);
  const transport = await app.connections.transport();
  const publish = transport.publish.bind(transport);
  let tries = 0;
  transport.publish = (batch) =>
    ++tries > failures ? publish(batch) : Promise.reject(new ConnectionLostError('the broker is gone'));
  await app.sendTask('s.add').catch((error: unknown) => {
    assert.ok(error instanceof TransportError);
    assert.ok(tries <= failures);
  });
  return tries;
}

describe('settings of messages', { timeout: 60_000 }, () => {
  test('CONF-008: taskCompression compresses bodies', async () => {
    const { headers, body } = await sentWith({ taskCompression: 'gzip' });
    assert.equal(headers.table['compression'], 'application/x-gzip');
    assert.doesNotMatch(Buffer.from(body).toString('latin1'), /\[\[2,\s*3\]/);
  });

  test('CONF-009: taskProtocol 1 puts task and id into the body', async () => {
    const { body } = await sentWith({ taskProtocol: 1 });
    const message = JSON.parse(Buffer.from(body).toString()) as Record<string, unknown>;
    assert.equal(message['task'], 's.add');
  });

  test('CONF-010: taskSerializer encodes bodies', async () => {
    const { properties } = await sentWith({ taskSerializer: 'msgpack', acceptContent: ['msgpack'] });
    assert.match(properties.contentType, /msgpack/);
  });

  test('CONF-011: taskPublishRetry publishes again when the connection is lost', async () => {
    const taskPublishRetryPolicy = { intervalStep: 0 };
    assert.equal(await triesThrough(2, { taskPublishRetryPolicy }), 3);
    assert.equal(await triesThrough(2, { taskPublishRetryPolicy, taskPublishRetry: false }), 1);
  });

  test('CONF-012: taskPublishRetryPolicy says how often and how soon', async () => {
    assert.equal(await triesThrough(9, { taskPublishRetryPolicy: { max_retries: 1, interval_step: 0 } }), 2);
    const began = performance.now();
    await triesThrough(2, { taskPublishRetryPolicy: { intervalStart: 0.15, intervalStep: 0 } });
    assert.ok(performance.now() - began > 250);
  });

  test('CONF-033: taskDefaultPriority is the priority of a message without one', async () => {
    assert.equal((await sentWith({ taskDefaultPriority: 7 })).properties.priority, 7);
    assert.equal((await sentWith({})).properties.priority, null);
  });

  test('CONF-040: taskDefaultDeliveryMode marks messages transient or persistent', async () => {
    assert.equal((await sentWith({ taskDefaultDeliveryMode: 'transient' })).properties.deliveryMode, 1);
    assert.equal((await sentWith({})).properties.deliveryMode, 2);
  });

  test('CONF-030: taskQueues names queues with keys of their own', async () => {
    const taskQueues = { images: { routingKey: 'key.images', exchange: 'media', exchangeType: 'topic' } };
    await using app = createClient({ taskQueues });
    await app.sendTask('s.add', { exchange: 'media', routingKey: 'key.images' });
    await app.sendTask('s.add', { queue: 'images' });
    assert.equal((await waiting(app, 'images')).length, 2);
  });

  test('CONF-031: taskRoutes sends tasks by name, glob, expression and function', async () => {
    const taskRoutes = [
      { 's.add': { queue: 'one' }, 'two.*': 'two' },
      [[/^three/, 'three']],
      () => ({ queue: 'four' }),
    ];
    for (const [task, queue] of [
      ['s.add', 'one'],
      ['two.x', 'two'],
      ['three', 'three'],
      ['any', 'four'],
    ] as const) {
      assert.equal(await arrives({ taskRoutes }, queue, task), true, task);
    }
  });

  test('CONF-035: taskDefaultQueue takes what has no queue', async () => {
    assert.equal(await arrives({ taskDefaultQueue: 'mine' }, 'mine'), true);
  });

  test('CONF-037: taskDefaultExchange is the exchange of the default queue', async () => {
    await using app = createClient({ taskDefaultExchange: 'hub' });
    await app.sendTask('s.add', { exchange: 'hub', routingKey: 'celery' });
    assert.equal((await waiting(app)).length, 1);
  });

  test('CONF-038: taskDefaultExchangeType is its type', async () => {
    await using app = createClient({ taskDefaultExchange: 'words', taskDefaultExchangeType: 'topic' });
    await app.sendTask('s.add');
    const transport = await app.connections.transport();
    await transport.declareExchanges([{ name: 'words', type: 'topic', durable: true }]);
    await assert.rejects(
      transport.declareExchanges([{ name: 'words', type: 'direct', durable: true }]),
      TransportError,
    );
  });

  test('CONF-039: taskDefaultRoutingKey is the key of the default queue', async () => {
    await using app = createClient({ taskDefaultExchange: 'hub', taskDefaultRoutingKey: 'door' });
    await app.sendTask('s.add', { exchange: 'hub', routingKey: 'door' });
    assert.equal((await waiting(app)).length, 1);
  });

  test('CONF-041: taskCreateMissingQueues false refuses a queue that is not declared', async () => {
    await using strict = createClient({ taskCreateMissingQueues: false });
    await assert.rejects(strict.sendTask('s.add', { queue: 'nowhere' }), /nowhere/);
    assert.equal(await arrives({ taskRoutes: { 's.*': 'made' } }, 'made'), true);
  });

  test('CONF-043: taskCreateMissingQueueExchangeType is the type of their exchange', async () => {
    await using app = createClient({ taskCreateMissingQueueExchangeType: 'topic' });
    await app.sendTask('s.add', { queue: 'made' });
    const transport = await app.connections.transport();
    await assert.rejects(transport.declareExchanges([{ name: 'made', type: 'direct', durable: true }]), TransportError);
  });

  test('CONF-044: brokerUrl is where messages go', async () => {
    await using app = createClient({ brokerUrl: 'memory://conf-044' });
    await app.sendTask('s.add');
    await using other = createClient({ brokerUrl: 'memory://conf-044' });
    assert.equal((await waiting(other)).length, 1);
  });

  test('CONF-045: brokerReadUrl is where a worker consumes', async () => {
    await withWorker({ brokerReadUrl: 'memory://conf-045' }, async ({ app }) => {
      await using other = createClient({ brokerUrl: 'memory://conf-045', resultBackend: app.conf.resultBackend });
      const result = await other.sendTask('s.add', { args: [1, 2] });
      assert.equal(await result.get({ timeoutMs: 20_000 }), 3);
    });
  });

  test('CONF-046: brokerWriteUrl is where messages are published', async () => {
    await using app = createClient({ brokerWriteUrl: 'memory://conf-046' });
    await app.sendTask('s.add');
    await using other = createClient({ brokerUrl: 'memory://conf-046' });
    assert.equal((await waiting(other)).length, 1);
  });

  test('CONF-047: brokerTransport is the scheme of an address in parts', () => {
    assert.equal(brokerOf({ brokerTransport: 'redis' }), 'redis://localhost');
  });

  test('CONF-048: brokerHost is its host', () => {
    assert.equal(brokerOf({ brokerHost: 'box' }), 'amqp://box');
  });

  test('CONF-049: brokerPort is its port', () => {
    assert.equal(brokerOf({ brokerPort: 77 }), 'amqp://localhost:77');
  });

  test('CONF-050: brokerUser is its user', () => {
    assert.equal(brokerOf({ brokerUser: 'me' }), 'amqp://me@localhost');
  });

  test('CONF-051: brokerPassword is its password', () => {
    assert.equal(brokerOf({ brokerUser: 'me', brokerPassword: 'p/w' }), 'amqp://me:p%2Fw@localhost');
  });

  test('CONF-052: brokerVhost is its virtual host', () => {
    assert.equal(brokerOf({ brokerHost: 'box', brokerVhost: 'v' }), 'amqp://box/v');
  });

  test('CONF-053: brokerTransportOptions reach the transport, above the options of the address', async (t) => {
    const file = createProject(t, {}).path('q.db');
    await using app = createClient({
      brokerUrl: `sqlite://${file}?lease=9`,
      brokerTransportOptions: { lease: 'long' },
    });
    await assert.rejects(app.sendTask('s.add'), /lease=long/);
  });

  test('CONF-054: brokerConnectionTimeout bounds the time to connect', async (t) => {
    const file = createProject(t, {}).path('q.db');
    await using app = createClient({ brokerUrl: `sqlite://${file}`, brokerConnectionTimeout: 0.001 });
    await assert.rejects(app.connections.transport(), { name: 'TransportError', message: /took longer than 1 ms/ });
  });

  test('CONF-900: old names that follow no rule are read', () => {
    const settings: SettingsInput = { CELERY_MESSAGE_COMPRESSION: 'gzip', CELERY_MAX_CACHED_RESULTS: 5 };
    const { conf } = new Celeriac('old', { ...settings, CELERYD_TASK_TIME_LIMIT: 9, setAsCurrent: false });
    assert.deepEqual([conf.taskCompression, conf.resultCacheMax, conf.taskTimeLimit], ['gzip', 5, 9]);
  });

  test('CONF-909: a change of settings is seen by what is sent next', async () => {
    await using app = createClient();
    await app.sendTask('s.add');
    app.conf.taskRoutes = { 's.*': 'later' };
    app.conf.taskDefaultPriority = 4;
    await app.sendTask('s.add');
    const [message] = await waiting(app, 'later');
    assert.equal(message?.properties.priority, 4);
  });
});
