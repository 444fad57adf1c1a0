/** Settings that show in the message: serializer, compression, protocol, queues, keys, priorities, addresses. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inflateSync } from 'node:zlib';
import { Celeriac, ConnectionLostError, TransportError, type SettingsInput } from '../../core/app/public.js';
import { createClient, defaultOf, sentWith, waiting, withWorker } from '../support/setting-apps.js';
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
    const plain = await sentWith({});
    assert.equal(plain.headers.table['compression'] ?? null, null);
    assert.deepEqual(JSON.parse(inflateSync(body).toString()), JSON.parse(Buffer.from(plain.body).toString()));
  });

  test('CONF-009: taskProtocol 1 puts task and id into the body', async () => {
    const { body } = await sentWith({ taskProtocol: 1 });
    const message = JSON.parse(Buffer.from(body).toString()) as Record<string, unknown>;
    const { task, id, args } = message;
    assert.deepEqual([task, args, typeof id], ['s.add', [2, 3], 'string']);
    assert.deepEqual([defaultOf('taskProtocol'), (await sentWith({})).headers.table['task']], [2, 's.add']);
  });

  test('CONF-010: taskSerializer encodes bodies', async () => {
    const { properties } = await sentWith({ taskSerializer: 'msgpack', acceptContent: ['msgpack'] });
    assert.equal(properties.contentType, 'application/x-msgpack');
    assert.equal((await sentWith({})).properties.contentType, 'application/json');
  });

  test('CONF-011: taskPublishRetry publishes again when the connection is lost', async () => {
    const taskPublishRetryPolicy = { intervalStep: 0 };
    assert.equal(await triesThrough(2, { taskPublishRetryPolicy }), 3);
    assert.equal(await triesThrough(2, { taskPublishRetryPolicy, taskPublishRetry: false }), 1);
    assert.equal(defaultOf('taskPublishRetry'), true);
  });

  test('CONF-012: taskPublishRetryPolicy says how often and how soon', async () => {
    assert.equal(await triesThrough(9, { taskPublishRetryPolicy: { max_retries: 1, interval_step: 0 } }), 2);
    const began = performance.now();
    await triesThrough(2, { taskPublishRetryPolicy: { intervalStart: 0.15, intervalStep: 0 } });
    assert.ok(performance.now() - began > 250);
    assert.equal(await triesThrough(9, { taskPublishRetryPolicy: { maxRetries: null, intervalStep: 0 } }), 10);
    const growing = performance.now();
    await triesThrough(3, { taskPublishRetryPolicy: { intervalStart: 0, intervalStep: 0.1, intervalMax: 1 } });
    assert.ok(performance.now() - growing > 250);
    const bounded = performance.now();
    await triesThrough(2, { taskPublishRetryPolicy: { intervalStart: 30, intervalStep: 30, intervalMax: 0.01 } });
    assert.ok(performance.now() - bounded < 10_000);
    const policy = { maxRetries: 3, intervalStart: 0, intervalStep: 0.2, intervalMax: 1 };
    assert.deepEqual(defaultOf('taskPublishRetryPolicy'), policy);
  });

  test('CONF-033: taskDefaultPriority is the priority of a message without one', async () => {
    assert.equal((await sentWith({ taskDefaultPriority: 7 })).properties.priority, 7);
    assert.equal((await sentWith({})).properties.priority, null);
    const own = await sentWith({ taskDefaultPriority: 7 }, (app) => app.sendTask('s.add', { priority: 2 }));
    assert.equal(own.properties.priority, 2);
  });

  test('CONF-040: taskDefaultDeliveryMode marks messages transient or persistent', async () => {
    for (const [taskDefaultDeliveryMode, mode] of [
      ['transient', 1],
      [1, 1],
      ['persistent', 2],
      [2, 2],
    ] as const) {
      assert.equal((await sentWith({ taskDefaultDeliveryMode })).properties.deliveryMode, mode);
    }
    assert.equal((await sentWith({})).properties.deliveryMode, 2);
  });

  test('CONF-030: taskQueues names queues with keys of their own', async () => {
    const taskQueues = { images: { routingKey: 'key.images', exchange: 'media', exchangeType: 'topic' } };
    await using app = createClient({ taskQueues });
    await app.sendTask('s.add', { exchange: 'media', routingKey: 'key.images' });
    await app.sendTask('s.add', { queue: 'images' });
    assert.equal((await waiting(app, 'images')).length, 2);
    const list = [{ name: 'a', routingKey: 'key.a' }, { name: 'b' }];
    await using listed = createClient({ taskQueues: list, taskCreateMissingQueues: false });
    for (const queue of ['a', 'b']) {
      await listed.sendTask('s.add', { queue });
      assert.equal((await waiting(listed, queue)).length, 1);
    }
    await assert.rejects(listed.sendTask('s.add', { queue: 'c' }));
    assert.equal(defaultOf('taskQueues'), null);
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
    assert.equal(await arrives({ taskRoutes: { 's.*': 'alone' } }, 'alone'), true);
    assert.equal(await arrives({ taskRoutes: () => ({ queue: 'called' }) }, 'called'), true);
    assert.equal(await arrives({ taskRoutes: { 'other.*': 'alone' } }, 'celery'), true);
  });

  test('CONF-035: taskDefaultQueue takes what has no queue', async () => {
    assert.equal(await arrives({ taskDefaultQueue: 'mine' }, 'mine'), true);
    assert.equal(await arrives({}, 'celery'), true);
    assert.equal(defaultOf('taskDefaultQueue'), 'celery');
  });

  test('CONF-037: taskDefaultExchange is the exchange of the default queue', async () => {
    await using app = createClient({ taskDefaultExchange: 'hub' });
    await app.sendTask('s.add', { exchange: 'hub', routingKey: 'celery' });
    assert.equal((await waiting(app)).length, 1);
    assert.equal(createClient({ taskDefaultQueue: 'mine' }).conf.taskDefaultExchange, 'mine');
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
    assert.equal(defaultOf('taskDefaultExchangeType'), 'direct');
  });

  test('CONF-039: taskDefaultRoutingKey is the key of the default queue', async () => {
    await using app = createClient({ taskDefaultExchange: 'hub', taskDefaultRoutingKey: 'door' });
    await app.sendTask('s.add', { exchange: 'hub', routingKey: 'door' });
    assert.equal((await waiting(app)).length, 1);
    await assert.rejects(app.sendTask('s.add', { exchange: 'hub', routingKey: 'celery' }), TransportError);
    assert.equal(createClient({ taskDefaultQueue: 'mine' }).conf.taskDefaultRoutingKey, 'mine');
  });

  test('CONF-041: taskCreateMissingQueues false refuses a queue that is not declared', async () => {
    await using strict = createClient({ taskCreateMissingQueues: false });
    await assert.rejects(strict.sendTask('s.add', { queue: 'nowhere' }), /nowhere/);
    assert.equal(await arrives({ taskCreateMissingQueues: false }, 'celery'), true);
    assert.equal(defaultOf('taskCreateMissingQueues'), true);
    assert.equal(await arrives({ taskRoutes: { 's.*': 'made' } }, 'made'), true);
  });

  test('CONF-043: taskCreateMissingQueueExchangeType is the type of their exchange', async () => {
    await using app = createClient({ taskCreateMissingQueueExchangeType: 'topic' });
    await app.sendTask('s.add', { queue: 'made' });
    const transport = await app.connections.transport();
    await assert.rejects(transport.declareExchanges([{ name: 'made', type: 'direct', durable: true }]), TransportError);
    const fallback = createClient({ taskDefaultExchangeType: 'topic' }).conf.taskCreateMissingQueueExchangeType;
    assert.deepEqual([defaultOf('taskCreateMissingQueueExchangeType'), fallback], ['direct', 'topic']);
  });

  test('CONF-044: brokerUrl is where messages go', async () => {
    await using app = createClient({ brokerUrl: 'memory://conf-044' });
    await app.sendTask('s.add');
    await using other = createClient({ brokerUrl: 'memory://conf-044' });
    assert.equal((await waiting(other)).length, 1);
    assert.equal(createClient({ brokerUrl: ['memory://a', 'memory://b'] }).conf.brokerUrl, 'memory://a;memory://b');
  });

  test('CONF-045: brokerReadUrl is where a worker consumes', async () => {
    assert.equal(createClient({ brokerUrl: 'memory://both' }).conf.brokerReadUrl, 'memory://both');
    await withWorker({ brokerReadUrl: 'memory://conf-045' }, async ({ app }) => {
      await app.sendTask('s.add');
      await using other = createClient({ brokerUrl: 'memory://conf-045', resultBackend: app.conf.resultBackend });
      const result = await other.sendTask('s.add', { args: [1, 2] });
      assert.equal(await result.get({ timeoutMs: 20_000 }), 3);
      assert.equal((await waiting(app)).length, 1);
    });
  });

  test('CONF-046: brokerWriteUrl is where messages are published', async () => {
    await using app = createClient({ brokerWriteUrl: 'memory://conf-046' });
    await app.sendTask('s.add');
    await using other = createClient({ brokerUrl: 'memory://conf-046' });
    assert.equal((await waiting(other)).length, 1);
    assert.equal(createClient({ brokerUrl: 'memory://both' }).conf.brokerWriteUrl, 'memory://both');
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
    assert.equal(defaultOf('brokerConnectionTimeout'), 4);
  });

  test('CONF-900: old names that follow no rule are read', () => {
    const settings: SettingsInput = { CELERY_MESSAGE_COMPRESSION: 'gzip', CELERY_MAX_CACHED_RESULTS: 5 };
    const { conf } = new Celeriac('old', { ...settings, CELERYD_TASK_TIME_LIMIT: 9, setAsCurrent: false });
    assert.deepEqual([conf.taskCompression, conf.resultCacheMax, conf.taskTimeLimit], ['gzip', 5, 9]);
    const names = {
      CELERY_TASK_RESULT_EXPIRES: ['resultExpires', 60],
      CELERY_MAX_CACHED_RESULTS: ['resultCacheMax', 5],
      CELERY_MESSAGE_COMPRESSION: ['taskCompression', 'gzip'],
      CELERY_EAGER_PROPAGATES_EXCEPTIONS: ['taskEagerPropagates', true],
      CELERY_SEND_TASK_SENT_EVENT: ['taskSendSentEvent', true],
      CELERY_SEND_EVENTS: ['workerSendTaskEvents', true],
      CELERYD_TASK_TIME_LIMIT: ['taskTimeLimit', 9],
      CELERYD_TASK_SOFT_TIME_LIMIT: ['taskSoftTimeLimit', 8],
      CELERY_DISABLE_RATE_LIMITS: ['workerDisableRateLimits', true],
      CELERY_ENABLE_REMOTE_CONTROL: ['workerEnableRemoteControl', false],
      CELERY_REDIRECT_STDOUTS: ['workerRedirectStdouts', false],
      CELERY_REDIRECT_STDOUTS_LEVEL: ['workerRedirectStdoutsLevel', 'ERROR'],
      CELERY_RESULT_DBURI: ['databaseUrl', 'sqlite:///x'],
      CELERY_RESULT_ENGINE_OPTIONS: ['databaseEngineOptions', { a: 1 }],
      CELERY_RESULT_DB_SHORT_LIVED_SESSIONS: ['databaseShortLivedSessions', true],
      CELERY_RESULT_DB_TABLENAMES: ['databaseTableNames', { task: 't' }],
      CELERY_WORKER_DIRECT: ['workerDirect', true],
    } as const;
    for (const [old, [name, value]] of Object.entries(names)) {
      const read = new Celeriac('old', { [old]: value, setAsCurrent: false }).conf[name];
      assert.deepEqual(read, value, old);
    }
  });

  test('CONF-909: a change of settings is seen by what is sent next', async () => {
    await using app = createClient();
    await app.sendTask('s.add');
    app.conf.taskRoutes = { 's.*': 'later' };
    app.conf.taskDefaultPriority = 4;
    await app.sendTask('s.add');
    const [message] = await waiting(app, 'later');
    assert.equal(message?.properties.priority, 4);
    app.conf.taskRoutes = null;
    app.conf.taskDefaultQueue = 'last';
    app.conf.taskSerializer = 'msgpack';
    await app.sendTask('s.add');
    assert.equal((await waiting(app, 'last'))[0]?.properties.contentType, 'application/x-msgpack');
  });
});
