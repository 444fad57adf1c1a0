/** CALL-01 to CALL-22: every option of a call, seen in the message that the broker holds. */
import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { after, test } from 'node:test';
import {
  Exchange,
  OperationalError,
  Queue,
  type AsyncResult,
  type CallOptions,
  type Celeriac,
} from '../../core/app/public.js';
import { AsyncResult as ResultHandle } from '../../core/app/async-result.js';
import type { BrowsedMessage, Delivery } from '../../core/ports/transport.js';
import { gunzipSync, inflateSync } from 'node:zlib';
import { bodyOf, createApp, messageIn, messagesIn } from '../support/sent-messages.js';

const apps: Celeriac[] = [];
after(() => Promise.all(apps.map((app) => app.close())));

function newApp(input: Parameters<typeof createApp>[0] = {}): Celeriac {
  const app = createApp(input);
  apps.push(app);
  return app;
}

/** A header that is a text. */
function textIn({ headers }: BrowsedMessage, name: string): string {
  const value = headers.table[name];
  assert.ok(typeof value === 'string');
  return value;
}

/** The message of one call with these options, and the handle of its result. */
async function sent(
  options: CallOptions & { args?: readonly unknown[]; kwargs?: Record<string, unknown> },
  queue = 'celery',
  input = {},
) {
  const app = newApp(input);
  const result = await app.sendTask('shop.add', options);
  return { app, result, message: await messageIn(app, queue) };
}

test('CALL-01: args are a list and kwargs a mapping, anything else is refused', async () => {
  const { message } = await sent({ args: [1, 'a'], kwargs: { y: 2 } });
  assert.deepStrictEqual(bodyOf(message).slice(0, 2), [[1, 'a'], { y: 2 }]);
  await assert.rejects(newApp().sendTask('t', { args: 'ab' as never }), /args must be a list/);
  await assert.rejects(newApp().sendTask('t', { kwargs: 7 as never }), /kwargs must be an object/);
  const { message: bare } = await sent({});
  assert.deepStrictEqual(bodyOf(bare).slice(0, 2), [[], {}]);
});

test('CALL-02: countdown becomes an absolute eta with an offset, and the message waits for it', async () => {
  const before = Date.now();
  const { message } = await sent({ countdown: 60 });
  const eta = textIn(message, 'eta');
  assert.match(eta, /\+00:00$/);
  assert.ok(Math.abs(Date.parse(eta) - before - 60_000) < 5_000);
  assert.equal(message.state, 'delayed');
  for (const countdown of [0, null]) {
    const now = await sent({ countdown });
    assert.deepStrictEqual([now.message.headers.table['eta'], now.message.state], [null, 'ready']);
  }
  const own = await sent({ countdown: 60 }, 'celery', { timezone: 'Asia/Tokyo' });
  assert.ok(Math.abs(Date.parse(textIn(own.message, 'eta')) - before - 60_000) < 5_000);
  for (const countdown of [2 ** 31, -(2 ** 31)])
    await assert.rejects(newApp({ taskMaxEtaMs: 1e15 }).sendTask('t', { countdown }), /within 2³¹ seconds/);
  const app = newApp({ taskMaxEtaMs: 1e15 });
  await app.sendTask('t', { countdown: 2 ** 31 - 1 });
  assert.equal((await messageIn(app)).state, 'delayed');
  await assert.rejects(newApp().sendTask('t', { countdown: '5' as never }), /countdown must be a number of seconds/);
});

test('CALL-03: eta is a Date or ISO text and travels with six digits and +00:00', async () => {
  const eta = new Date(Date.now() + 60_000);
  const { message } = await sent({ eta });
  const text = textIn(message, 'eta');
  assert.deepStrictEqual([Date.parse(text), /\.\d{6}\+00:00$|:\d\d\+00:00$/.test(text)], [eta.getTime(), true]);
  const iso = await sent({ eta: eta.toISOString() });
  assert.equal(Date.parse(textIn(iso.message, 'eta')), eta.getTime());
  assert.equal(iso.message.state, 'delayed');
  // A text without an offset is UTC; an eta stands above a countdown.
  const naive = await sent({ eta: '2001-02-03T04:05:06.5', countdown: 60 });
  assert.equal(textIn(naive.message, 'eta'), '2001-02-03T04:05:06.500000+00:00');
  assert.equal(naive.message.state, 'ready');
  await assert.rejects(newApp().sendTask('t', { eta: 'tomorrow' }), /eta must be a Date or an ISO 8601 instant/);
});

test('CALL-04: expires travels as header and as message expiration', async () => {
  const before = Date.now();
  const { message } = await sent({ expires: 60.5 });
  assert.equal(message.properties.expirationMs, 60_500);
  const leftMs = Date.parse(textIn(message, 'expires')) - before;
  assert.ok(leftMs >= 60_500 && leftMs < 65_000, String(leftMs));
  assert.match(textIn(message, 'expires'), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/);
  const instant = new Date(before + 3_600_000);
  const byDate = (await sent({ expires: instant })).message;
  assert.equal(Date.parse(textIn(byDate, 'expires')), instant.getTime());
  const { expirationMs } = byDate.properties;
  assert.ok(expirationMs !== null && expirationMs > 3_590_000 && expirationMs <= 3_600_000, String(expirationMs));
  const past = (await sent({ expires: new Date(0) })).message;
  assert.deepStrictEqual([past.properties.expirationMs, Date.parse(textIn(past, 'expires'))], [0, 0]);
  const never = (await sent({})).message;
  assert.deepStrictEqual([never.properties.expirationMs, never.headers.table['expires']], [null, null]);
});

test('CALL-05: a task id is given or a new UUID', async () => {
  const given = await sent({ taskId: 'order-7' });
  assert.deepStrictEqual(
    [given.message.headers.table['id'], given.message.properties.correlationId, given.result.id],
    ['order-7', 'order-7', 'order-7'],
  );
  assert.notEqual((await sent({})).result.id, (await sent({})).result.id);
  const { message, result } = await sent({});
  assert.equal(message.headers.table['id'], result.id);
  assert.match(result.id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test('CALL-07: link and link_error travel as signatures in the body', async () => {
  const app = newApp();
  const add = app.task('shop.add', (a: number, b: number) => a + b);
  await add.applyAsync({ args: [1, 2], link: [add.s(10), add.si(1)], linkError: app.signature('proj.err') });
  const [, , embed] = bodyOf(await messageIn(app));
  const signature = { kwargs: {}, options: {}, subtask_type: null };
  assert.deepStrictEqual(embed, {
    callbacks: [
      { task: 'shop.add', args: [10], ...signature, immutable: false },
      { task: 'shop.add', args: [1], ...signature, immutable: true },
    ],
    errbacks: [{ task: 'proj.err', args: [], ...signature, immutable: false }],
    chain: null,
    chord: null,
  });
});

test('CALL-08: shadow is the name to show', async () => {
  const { table } = (await sent({ shadow: 'shown' })).message.headers;
  assert.deepStrictEqual([table['shadow'], table['task']], ['shown', 'shop.add']);
  assert.equal((await sent({})).message.headers.table['shadow'], null);
});

test('CALL-09: retry and its policy belong to the call', async () => {
  const app = newApp();
  const transport = await app.connections.transport();
  const publish = transport.publish.bind(transport);
  let tries = 0;
  transport.publish = (batch) => {
    tries++;
    return tries === 3 ? publish(batch) : Promise.reject(new OperationalError('gone'));
  };
  await assert.rejects(app.sendTask('t', { retry: false }), OperationalError);
  assert.equal(tries, 1);
  await app.sendTask('t', { retryPolicy: { maxRetries: 1, intervalStart: 0, intervalStep: 0 } });
  assert.equal(tries, 3);
  // By default a call is tried again (`taskPublishRetry`); where the settings say no, the call may still ask for it.
  tries = 2;
  await app.sendTask('t');
  assert.equal(tries, 3);
  tries = 1;
  await app.sendTask('t', { retry: true });
  assert.equal(tries, 3);
  assert.equal((await messagesIn(app)).length, 3);
});

test('CALL-10: limits of the call travel as [hard, soft], and cannot contradict each other', async () => {
  assert.deepStrictEqual(
    (await sent({ timeLimit: 30, softTimeLimit: 20 })).message.headers.table['timelimit'],
    [30, 20],
  );
  assert.deepStrictEqual((await sent({ timeLimit: null })).message.headers.table['timelimit'], [null, null]);
  assert.deepStrictEqual((await sent({ softTimeLimit: 5 })).message.headers.table['timelimit'], [null, 5]);
  // The task's own limits do not travel; null lifts one of them, by a limit that is never reached.
  const app = newApp();
  const limited = app.task('limited', { timeLimit: 10, softTimeLimit: 5 }, () => 1);
  await limited.applyAsync({ queue: 'own' });
  await limited.applyAsync({ queue: 'lifted', timeLimit: null, softTimeLimit: null });
  await limited.applyAsync({ queue: 'above', timeLimit: 99 });
  const limits = await Promise.all(
    ['own', 'lifted', 'above'].map(async (queue) => (await messageIn(app, queue)).headers.table['timelimit']),
  );
  assert.deepStrictEqual(limits, [
    [null, null],
    [2_147_483, 2_147_483],
    [99, null],
  ]);
  await assert.rejects(newApp().sendTask('t', { timeLimit: 1, softTimeLimit: 2 }), /softTimeLimit/);
  await assert.rejects(newApp().sendTask('t', { timeLimit: -1 }), /timeLimit must be a number of seconds from 0/);
});

test('CALL-11: a queue is a name, made when it is missing, or an object', async () => {
  const { app, message } = await sent({ queue: 'images' }, 'images');
  assert.deepStrictEqual([message.headers.table['task'], (await messagesIn(app)).length], ['shop.add', 0]);
  const special = await sent({ queue: new Queue('special', { maxPriority: 3 }) }, 'special');
  assert.equal(special.message.headers.table['task'], 'shop.add');
  const strict = newApp({ taskCreateMissingQueues: false });
  await assert.rejects(strict.sendTask('t', { queue: 'images' }), /not in taskQueues/);
});

test('CALL-12: exchange and routing key go to a bound queue; one of the two alone is the queue itself', async () => {
  const media = new Exchange('media', 'topic');
  const app = newApp({
    taskQueues: [new Queue('pictures', { exchange: media, routingKey: 'img.*' }), new Queue('celery')],
  });
  await app.sendTask('t', { exchange: 'media', routingKey: 'img.png' });
  assert.equal((await messagesIn(app, 'pictures')).length, 1);
  await app.sendTask('t', { queue: 'celery', exchange: 'media' });
  assert.equal((await messagesIn(app, 'celery')).length, 1);
  // A key alone does not leave the direct queue either, and an exchange may be an object.
  await app.sendTask('t', { queue: 'celery', routingKey: 'img.png' });
  assert.equal((await messagesIn(app, 'celery')).length, 2);
  await app.sendTask('t', { exchange: media, routingKey: 'img.gif' });
  await app.sendTask('t', { queue: 'pictures', routingKey: 'img.jpg' });
  assert.equal((await messagesIn(app, 'pictures')).length, 3);
  await assert.rejects(app.sendTask('t', { exchange: 'media' }), /needs a routingKey/);
  await app.sendTask('t', { exchange: 'media', routingKey: 'img.svg', exchangeType: 'topic' });
  assert.equal((await messagesIn(app, 'pictures')).length, 4);
  await assert.rejects(app.sendTask('t', { exchange: 'media', routingKey: 'sound' }), OperationalError);
});

test('CALL-13: the message with the higher priority is delivered first', async () => {
  const app = newApp();
  for (const priority of [1, 9, 5]) await app.sendTask('t', { priority });
  const transport = await app.connections.newTransport();
  const delivered: (number | null)[] = [];
  await new Promise<void>((resolve, reject) => {
    const onDeliveries = (batch: readonly Delivery[]): void => {
      delivered.push(...batch.map(({ properties }) => properties.priority));
      if (delivered.length === 3) resolve();
    };
    transport.consume({ queues: ['celery'], prefetchCount: 3, onDeliveries, onLost: reject }).catch(reject);
  });
  assert.deepStrictEqual(delivered, [9, 5, 1]);
  await transport.close(1_000);
  for (const priority of [256, -1, 1.5])
    await assert.rejects(app.sendTask('t', { priority }), /priority must be a whole number from 0 to 255/);
  const ends = await Promise.all([0, 255].map((priority) => sent({ priority })));
  assert.deepStrictEqual(
    ends.map(({ message }) => message.properties.priority),
    [0, 255],
  );
  assert.equal((await sent({})).message.properties.priority, null);
});

test('CALL-14: serializer and compression of the call, the task, the settings', async () => {
  const { message } = await sent({ args: ['x'.repeat(2_000)], compression: 'gzip' });
  const { compression } = message.headers.table;
  assert.deepStrictEqual([compression, message.body.length < 500], ['application/x-gzip', true]);
  assert.match(inflateSync(message.body).toString(), /xxxx/);
  assert.throws(() => gunzipSync(message.body));
  const app = newApp({ taskSerializer: 'yaml' });
  await app.task('a', { serializer: 'msgpack' }, () => 1).delay();
  await app.sendTask('b');
  const types = (await messagesIn(app)).map(({ properties }) => properties.contentType);
  assert.deepStrictEqual([...types].sort(), ['application/x-msgpack', 'application/x-yaml']);
  // The call stands above its task, the task above the settings.
  const own = newApp({ taskCompression: 'bzip2', taskSerializer: 'yaml' });
  const packed = own.task('c', { serializer: 'msgpack', compression: 'gzip' }, () => 1);
  await packed.applyAsync({ queue: 'by-task' });
  await packed.applyAsync({ queue: 'by-name', serializer: 'json' });
  const [byTask, byName] = [await messageIn(own, 'by-task'), await messageIn(own, 'by-name')];
  assert.deepStrictEqual(
    [byTask, byName].map(({ properties, headers: found }) => [properties.contentType, found.table['compression']]),
    [
      ['application/x-msgpack', 'application/x-gzip'],
      ['application/json', 'application/x-gzip'],
    ],
  );
  const plain = (await sent({})).message;
  assert.deepStrictEqual(
    [plain.properties.contentType, plain.headers.table['compression'] ?? null],
    ['application/json', null],
  );
});

test('CALL-15: delivery mode of the call, its queue, the settings', async () => {
  for (const deliveryMode of [1, 'transient'] as const)
    assert.equal((await sent({ deliveryMode })).message.properties.deliveryMode, 1);
  for (const deliveryMode of [2, 'persistent'] as const) {
    const above = await sent({ deliveryMode }, 'celery', { taskDefaultDeliveryMode: 1 });
    assert.equal(above.message.properties.deliveryMode, 2);
  }
  await assert.rejects(newApp().sendTask('t', { deliveryMode: 3 as never }), /deliveryMode must be 1/);
  assert.equal((await sent({})).message.properties.deliveryMode, 2);
  const exchange = new Exchange('x', 'direct', { deliveryMode: 1 });
  const byQueue = await sent({ queue: 'q' }, 'q', { taskQueues: [new Queue('q', { exchange }), 'celery'] });
  assert.equal(byQueue.message.properties.deliveryMode, 1);
  assert.equal((await sent({}, 'celery', { taskDefaultDeliveryMode: 1 })).message.properties.deliveryMode, 1);
});

test('CALL-16: headers are merged, and one of the protocol is replaced', async () => {
  const { table } = (await sent({ headers: { 'x-trace': 'abc', argsrepr: 'hidden' } })).message.headers;
  assert.deepStrictEqual([table['x-trace'], table['argsrepr'], table['task']], ['abc', 'hidden', 'shop.add']);
  assert.deepStrictEqual([table['kwargsrepr'], table['lang']], ['{}', 'js']);
});

test('CALL-18: ignore_result of the call stands above the task; a task known by name says false', async () => {
  const app = newApp({ taskIgnoreResult: true });
  const quiet = app.task('quiet', { ignoreResult: true }, () => 1);
  const results: AsyncResult[] = [
    await quiet.delay(),
    await quiet.applyAsync({ ignoreResult: false }),
    await app.sendTask('x'),
  ];
  const messages = await messagesIn(app);
  const said = results.map(
    ({ id }) => messages.find(({ headers }) => headers.table['id'] === id)?.headers.table['ignore_result'],
  );
  assert.deepStrictEqual(said, [true, false, false]);
  assert.equal(await results[0]?.get(), null);
});

test('CALL-20: what canvas and retries give travels in headers and embed', async () => {
  const chain = [{ task: 'next', args: [], kwargs: {}, options: {}, subtask_type: null, immutable: false }];
  const { message } = await sent({
    ...{ groupId: 'g', groupIndex: 3, chain, retries: 2, replyTo: 'me', origin: 'gen1@x', replacedTaskNesting: 1 },
    ...{ stampedHeaders: ['who'], stamps: { who: 'ann', other: 1 }, argsrepr: '(…)', kwargsrepr: '{…}' },
  });
  const { table } = message.headers;
  const names = ['group', 'group_index', 'retries', 'origin', 'replaced_task_nesting', 'argsrepr', 'kwargsrepr'];
  assert.deepStrictEqual(
    names.map((name) => table[name]),
    ['g', 3, 2, 'gen1@x', 1, '(…)', '{…}'],
  );
  assert.deepStrictEqual([table['stamped_headers'], table['stamps']], [['who'], { who: 'ann' }]);
  assert.deepStrictEqual([bodyOf(message)[2]['chain'], message.properties.replyTo], [chain, 'me']);
  const chord = { ...chain[0], task: 'body' };
  const second = await sent({ chord });
  assert.deepStrictEqual(bodyOf(second.message)[2], { callbacks: null, errbacks: null, chain: null, chord });
  // What nobody has given.
  const bare = (await sent({ args: [1], kwargs: { a: 2 } })).message;
  assert.deepStrictEqual(
    [...names, 'stamped_headers'].map((name) => bare.headers.table[name] ?? null),
    [null, null, 0, `gen${String(process.pid)}@${hostname()}`, 0, '(1,)', "{'a': 2}", null],
  );
  assert.equal(bare.properties.replyTo, '');
});

test('CALL-21: options of the publish: mandatory, deadline, expiration, queues to declare', async () => {
  const app = newApp();
  const quiet = new Exchange('nobody', 'fanout');
  await app.sendTask('t', { exchange: quiet, routingKey: '', exchangeType: 'fanout', mandatory: false });
  await assert.rejects(
    app.sendTask('t', { exchange: quiet, routingKey: '', exchangeType: 'fanout' }),
    OperationalError,
  );
  await app.sendTask('t', { expiration: 1.5, declare: [new Queue('beside')] });
  assert.equal((await messageIn(app)).properties.expirationMs, 1_500);
  assert.ok((await (await app.connections.transport()).queues()).includes('beside'));
  const transport = await app.connections.transport();
  transport.publish = () => new Promise(() => undefined);
  await assert.rejects(app.sendTask('t', { timeout: 0.01 }), { code: 'CLR_TIMEOUT' });
  await assert.rejects(app.sendTask('t', { confirmTimeout: 0.01 }), { code: 'CLR_TIMEOUT' });
  await assert.rejects(app.sendTask('t', { confirmTimeout: 0 }), /timeout must be a number of seconds above 0/);
  await assert.rejects(app.sendTask('t', { expiration: 'x' as never }), /expiration must be a number of seconds/);
});

test('CALL-22: class of the result, router, name and kind by which a call is routed', async () => {
  class OwnResult extends ResultHandle {}
  const seen: unknown[] = [];
  const app = newApp({ taskRoutes: { 'shop.routed': 'by-name' } });
  assert.ok((await app.sendTask('t', { resultCls: OwnResult, routeName: 'shop.routed' })) instanceof OwnResult);
  const router = {
    route: (name: string, { task }: { readonly task: unknown }) => {
      seen.push(name, task);
      return 'by-router';
    },
  };
  await app.sendTask('t', { router, taskType: 'kind' });
  assert.deepStrictEqual([seen, (await messagesIn(app, 'by-name')).length], [['t', 'kind'], 1]);
  assert.equal((await messagesIn(app, 'by-router')).length, 1);
  // A router of the call takes the place of the routes; without one there is no kind.
  await app.sendTask('shop.routed', { router });
  assert.equal((await messagesIn(app, 'by-router')).length, 2);
  assert.equal((await messagesIn(app, 'by-name')).length, 1);
  assert.deepStrictEqual(seen.slice(2), ['shop.routed', null]);
  const result = await app.sendTask('t');
  assert.ok(result instanceof ResultHandle && !(result instanceof OwnResult));
});
