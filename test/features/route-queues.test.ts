/** ROUTE-01 to ROUTE-23: queues, exchanges and routes, seen in where messages are and what the broker was told. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import {
  Broadcast,
  Exchange,
  OperationalError,
  Queue,
  TransportError,
  workerDirect,
  type Celeriac,
} from '../../core/app/public.js';
import type { Delivery, QueueDeclaration } from '../../core/ports/transport.js';
import { createApp, messagesIn } from '../support/sent-messages.js';

const apps: Celeriac[] = [];
after(() => Promise.all(apps.map((app) => app.close())));

function newApp(input: Parameters<typeof createApp>[0] = {}): Celeriac {
  const app = createApp(input);
  apps.push(app);
  return app;
}

/** Names of the tasks whose messages are in a queue. */
async function tasksIn(app: Celeriac, queue: string): Promise<readonly unknown[]> {
  return (await messagesIn(app, queue)).map(({ headers }) => headers.table['task']);
}

/** What the broker is told of queues. */
async function declarations(app: Celeriac): Promise<QueueDeclaration[]> {
  const transport = await app.connections.transport();
  const declare = transport.declare.bind(transport);
  const told: QueueDeclaration[] = [];
  transport.declare = (queues) => {
    told.push(...queues);
    return declare(queues);
  };
  return told;
}

test('ROUTE-01: task_queues is a list of queues or a table, with their options; without it there is the default one', async () => {
  const app = newApp({
    taskQueues: {
      images: { exchange: 'media', exchange_type: 'topic', routing_key: 'img.#', max_length: 1, durable: false },
      celery: null,
    },
  });
  const told = await declarations(app);
  await app.sendTask('resize', { queue: 'images' });
  assert.deepStrictEqual(await tasksIn(app, 'images'), ['resize']);
  assert.deepStrictEqual([told[0]?.durable, told[0]?.bindings], [false, [{ exchange: 'media', routingKey: 'img.#' }]]);
  await assert.rejects(app.sendTask('resize', { queue: 'images' }), OperationalError);
  assert.deepStrictEqual(
    [newApp({ taskDefaultQueue: 'mine' }), newApp(), app, newApp({ taskQueues: ['a', new Queue('b')] })].map((one) =>
      [...one.queues].map(({ name }) => name),
    ),
    [['mine'], ['celery'], ['images', 'celery'], ['a', 'b']],
  );
  const every = newApp({
    taskQueues: {
      full: {
        ...{ exchange: 'media', routing_key: 'k', exclusive: true, auto_delete: true, max_priority: 7, max_length: 3 },
        ...{ message_ttl: 2, expires: 5, alias: 'other-name', binding_arguments: { a: 1 } },
        bindings: [{ exchange: 'media', routingKey: 'second' }],
      },
      byArguments: {
        queue_arguments: { 'x-expires': 10, 'x-message-ttl': 20, 'x-max-length': 30, 'x-max-priority': 4 },
      },
    },
  });
  const all = ['other-name', 'byArguments'].flatMap(
    (name) => every.queues.declarationsOf(every.queues.get(name).queue).queues,
  );
  assert.deepStrictEqual(all, [
    {
      ...{ name: 'full', durable: true, exclusive: true, autoDelete: true },
      ...{ expiresMs: 5_000, messageTtlMs: 2_000, maxLength: 3, maxPriority: 7 },
      bindings: [
        { exchange: 'media', routingKey: 'k', arguments: { a: 1 } },
        { exchange: 'media', routingKey: 'second' },
      ],
    },
    { name: 'byArguments', durable: true, expiresMs: 10, messageTtlMs: 20, maxLength: 30, maxPriority: 4 },
  ]);
  assert.throws(() => newApp({ taskQueues: { q: { routing_kye: 'x' } } }).queues, /did you mean "routingKey"/);
  assert.throws(() => newApp({ taskQueues: { q: { max_length_bytes: 9 } } }).queues, /maxLengthBytes has no effect/);
  assert.ok(newApp({ taskQueues: { q: { max_length_bytes: null, no_ack: false } } }).queues.has('q'));
});

test('ROUTE-02: a queue without exchange, type or key takes the default ones, which are named as the default queue', async () => {
  const app = newApp({ taskQueues: { celery: {}, a: {} }, taskDefaultExchange: 'shared' });
  await app.sendTask('t', { exchange: 'shared', routingKey: 'a' });
  assert.deepStrictEqual([await tasksIn(app, 'a'), await tasksIn(app, 'celery')], [['t'], []]);
  const keyed = newApp({
    taskQueues: ['celery', { name: 'a' }, { name: 'own', routing_key: 'mine' }],
    ...{ taskDefaultExchange: 'shared', taskDefaultExchangeType: 'topic', taskDefaultRoutingKey: 'door.*' },
  });
  await keyed.sendTask('t', { exchange: 'shared', routingKey: 'door.x' });
  assert.deepStrictEqual(await Promise.all(['celery', 'a', 'own'].map((queue) => tasksIn(keyed, queue))), [
    ['t'],
    ['t'],
    [],
  ]);
  const plain = newApp();
  await plain.sendTask('t', { exchange: 'celery', routingKey: 'celery' });
  assert.deepStrictEqual(await tasksIn(plain, 'celery'), ['t']);
});

test('ROUTE-03: a queue that nobody declared is made under its name, or refused', async () => {
  const app = newApp();
  await app.sendTask('t', { queue: 'new' });
  assert.deepStrictEqual(await tasksIn(app, 'new'), ['t']);
  const strict = newApp({ taskCreateMissingQueues: false });
  await assert.rejects(strict.sendTask('t', { queue: 'new' }), /taskCreateMissingQueues/);
  const topics = newApp({ taskCreateMissingQueueExchangeType: 'topic' });
  await topics.sendTask('t', { queue: 'letters' });
  assert.deepStrictEqual(await tasksIn(topics, 'letters'), ['t']);
  // Its exchange is there, of this type.
  const transport = await topics.connections.transport();
  await assert.rejects(
    transport.declareExchanges([{ name: 'letters', type: 'direct', durable: true }]),
    TransportError,
  );
});

test('selecting queues creates missing ones and leaves the others alone, deselecting takes some out', () => {
  const app = newApp({ taskQueues: ['a', 'b', 'c'] });
  app.queues.deselect(['b']);
  assert.deepStrictEqual(
    app.queues.consumed.map(({ queue }) => queue.name),
    ['a', 'c'],
  );
  assert.deepStrictEqual(
    app.selectQueues(['c', 'new']).map(({ queue }) => queue.name),
    ['c', 'new'],
  );
});

test('ROUTE-05: routes by exact name, glob or regular expression, in a map or a list; the first answer counts', async () => {
  const app = newApp({
    taskRoutes: [
      // An exact name stands above patterns, wherever it is listed.
      { 'feed.tasks.*': 'glob', 'feed.tasks.import': 'exact' },
      [[/(video|image)\.tasks\..*/, { queue: 'media' }]],
      { '*': 'rest' },
    ],
  });
  for (const task of ['feed.tasks.import', 'feed.tasks.x', 'image.tasks.y', 'my.image.tasks.y'])
    await app.sendTask(task);
  const found = await Promise.all(['exact', 'glob', 'media', 'rest'].map((queue) => tasksIn(app, queue)));
  assert.deepStrictEqual(found, [['feed.tasks.import'], ['feed.tasks.x'], ['image.tasks.y'], ['my.image.tasks.y']]);
});

test('ROUTE-06: a router is a function, asynchronous too, or a module; it answers a queue, options or nothing', async () => {
  const seen: unknown[] = [];
  const sync = (name: string, args: readonly unknown[], kwargs: object, options: object): unknown => {
    seen.push([name, args, kwargs, options]);
    return name === 'a' ? 'of-a' : null;
  };
  const later = (name: string): Promise<unknown> =>
    Promise.resolve(name === 'b' ? { routing_key: 'x', queue: 'of-b' } : undefined);
  const module = new URL('../support/members/route-module.js', import.meta.url).href;
  const app = newApp({ taskRoutes: [sync, later, module] });
  await app.sendTask('a', { args: [1], kwargs: { k: 2 }, priority: 3 });
  await app.sendTask('b');
  await app.sendTask('c');
  await app.sendTask('d');
  assert.deepStrictEqual(
    await Promise.all(['of-a', 'of-b', 'of-module', 'celery'].map((queue) => tasksIn(app, queue))),
    [['a'], ['b'], ['c'], ['d']],
  );
  assert.deepStrictEqual(seen[0], ['a', [1], { k: 2 }, { args: [1], kwargs: { k: 2 }, priority: 3 }]);
  // The first answer ends the search; what answers nothing leaves the call to the next.
  const asked: string[] = [];
  const first = newApp({
    taskRoutes: [
      (name: string) => (asked.push(`1 ${name}`), undefined),
      (name: string) => (asked.push(`2 ${name}`), 'second'),
      (name: string) => (asked.push(`3 ${name}`), 'third'),
    ],
  });
  await first.sendTask('x');
  assert.deepStrictEqual(
    [asked, await tasksIn(first, 'second'), await tasksIn(first, 'third')],
    [['1 x', '2 x'], ['x'], []],
  );
});

test('ROUTE-07: a route may give any option of a call, and the call replaces single ones', async () => {
  const app = newApp({
    taskRoutes: { t: { queue: 'routed', priority: 7, headers: { from: 'route' }, serializer: 'yaml' } },
  });
  await app.sendTask('t', { priority: 2 });
  const [message] = await messagesIn(app, 'routed');
  assert.deepStrictEqual(
    [message?.properties.priority, message?.headers.table['from'], message?.properties.contentType],
    [2, 'route', 'application/x-yaml'],
  );
  // Without a word of the call the route decides; an explicit queue leaves its other keys.
  await app.sendTask('t', { queue: 'asked' });
  const [asked] = await messagesIn(app, 'asked');
  assert.deepStrictEqual(
    [asked?.properties.priority, asked?.headers.table['from'], asked?.properties.contentType],
    [7, 'route', 'application/x-yaml'],
  );
  assert.equal((await messagesIn(app, 'routed')).length, 1);
  const topics = new Exchange('topics', 'topic');
  const ways = newApp({
    taskQueues: [new Queue('celery'), new Queue('bound', { exchange: topics, routingKey: 'a.*' })],
    taskRoutes: { t: { exchange: 'topics', exchange_type: 'topic', routing_key: 'a.b' } },
  });
  await ways.sendTask('t');
  assert.deepStrictEqual([await tasksIn(ways, 'bound'), await tasksIn(ways, 'celery')], [['t'], []]);
  await assert.rejects(newApp({ taskRoutes: { t: { qeue: 'x' } } }).sendTask('t'), /did you mean "queue"/);
});

test('ROUTE-10: direct, topic, fanout and headers exchanges bring messages where their bindings say', async () => {
  const topic = new Exchange('topics', 'topic');
  const all = new Exchange('all', 'fanout');
  const byHeader = new Exchange('by-header', 'headers');
  const app = newApp({
    taskQueues: [
      new Queue('celery'),
      new Queue('one-word', { exchange: topic, routingKey: 'a.*' }),
      new Queue('any', { exchange: topic, routingKey: 'a.#' }),
      new Queue('left', { exchange: all }),
      new Queue('right', { exchange: all }),
      new Queue('red', { exchange: byHeader, bindingArguments: { colour: 'red', 'x-match': 'all' } }),
      new Queue('direct', { exchange: new Exchange('d'), routingKey: 'k' }),
    ],
  });
  await app.sendTask('two', { exchange: 'topics', routingKey: 'a.b' });
  await app.sendTask('three', { exchange: 'topics', routingKey: 'a.b.c' });
  await app.sendTask('fan', { exchange: 'all', routingKey: '', exchangeType: 'fanout' });
  await app.sendTask('red', { exchange: 'by-header', routingKey: '', headers: { colour: 'red' } });
  await app.sendTask('key', { exchange: 'd', routingKey: 'k' });
  await app.sendTask('none', { exchange: 'topics', routingKey: 'a' });
  for (const [exchange, routingKey, headers] of [
    ['topics', 'b.a', {}],
    ['by-header', '', { colour: 'blue' }],
    ['d', 'k.k', {}],
  ] as const)
    await assert.rejects(app.sendTask('lost', { exchange, routingKey, headers }), OperationalError);
  const queues = ['one-word', 'any', 'left', 'right', 'red', 'direct'];
  assert.deepStrictEqual(await Promise.all(queues.map((queue) => tasksIn(app, queue))), [
    ['two'],
    ['two', 'three', 'none'],
    ['fan'],
    ['fan'],
    ['red'],
    ['key'],
  ]);
});

test('every consumer of a broadcast gets each message, and nobody consuming is no error', async () => {
  const app = newApp({ taskQueues: [new Queue('celery'), new Broadcast('news')] });
  await app.sendTask('unheard', { queue: 'news' });
  const heard = await Promise.all(
    [new Broadcast('news'), new Broadcast('news')].map(async (broadcast) => {
      const own = newApp({ taskQueues: [broadcast], brokerUrl: app.conf.brokerUrl });
      const transport = await own.connections.newTransport();
      const { exchanges, queues } = own.queues.declarationsOf(broadcast);
      await transport.declareExchanges(exchanges);
      await transport.declare(queues);
      let deliver: (batch: readonly Delivery[]) => void = () => undefined;
      const delivered = new Promise<unknown>((resolve) => {
        deliver = ([first]) => {
          resolve(first?.headers.table['task']);
        };
      });
      const onDeliveries = (batch: readonly Delivery[]): void => {
        deliver(batch);
      };
      await transport.consume({ queues: [broadcast.name], prefetchCount: 1, onDeliveries, onLost: () => undefined });
      return { delivered, transport };
    }),
  );
  await app.sendTask('heard', { queue: 'news' });
  assert.deepStrictEqual(await Promise.all(heard.map(({ delivered }) => delivered)), ['heard', 'heard']);
  await Promise.all(heard.map(({ transport }) => transport.close(1_000)));
});

test('a message to a worker directly goes to its own queue', async () => {
  const app = newApp();
  await app.sendTask('t', { queue: workerDirect('celery@host') });
  assert.deepStrictEqual(await tasksIn(app, 'celery@host.dq2'), ['t']);
});

test('ROUTE-13: a queue may have several bindings, and queues are added while the app lives', async () => {
  const topic = new Exchange('topics', 'topic');
  const app = newApp();
  app.queues.add(
    new Queue('both', {
      exchange: topic,
      routingKey: 'a.#',
      bindings: [{ exchange: topic, routingKey: 'b.#' }],
    }),
  );
  await app.sendTask('first', { exchange: topic, routingKey: 'a.x' });
  await app.sendTask('second', { exchange: topic, routingKey: 'b.x' });
  assert.deepStrictEqual(await tasksIn(app, 'both'), ['first', 'second']);
  await assert.rejects(app.sendTask('third', { exchange: topic, routingKey: 'd.x' }), OperationalError);
  const other = new Exchange('others', 'topic');
  const added = app.queues.add('by-name', { exchange: other, routingKey: 'c.#', maxPriority: 4 });
  assert.deepStrictEqual([added.name, added.options.maxPriority, app.queues.has('by-name')], ['by-name', 4, true]);
  await app.sendTask('third', { exchange: other, routingKey: 'c.x' });
  assert.deepStrictEqual(await tasksIn(app, 'by-name'), ['third']);
  // To an exchange that has been published to before.
  app.queues.add('late', { exchange: topic, routingKey: 'late' });
  await app.sendTask('fourth', { queue: 'late' });
  assert.deepStrictEqual(await tasksIn(app, 'late'), ['fourth']);
});

test('ROUTE-20: the highest priority of queues is declared, and a message without one takes the default', async () => {
  const app = newApp({ taskQueueMaxPriority: 5, taskDefaultPriority: 2 });
  const told = await declarations(app);
  await app.sendTask('t');
  await app.sendTask('t', { queue: 'missing' });
  assert.deepStrictEqual(
    told.map(({ maxPriority }) => maxPriority),
    [5, 5],
  );
  assert.equal((await messagesIn(app))[0]?.properties.priority, 2);
  await app.sendTask('t', { queue: 'given', priority: 4 });
  assert.equal((await messagesIn(app, 'given'))[0]?.properties.priority, 4);
  // A queue that says so itself keeps what it says.
  const own = newApp({
    taskQueueMaxPriority: 5,
    taskQueues: ['plain', { name: 'own', max_priority: 9 }, { name: 'args', queue_arguments: { 'x-max-priority': 3 } }],
  });
  const highest = ['plain', 'own', 'args'].map(
    (name) => own.queues.declarationsOf(own.queues.get(name).queue).queues[0]?.maxPriority,
  );
  assert.deepStrictEqual(highest, [5, 9, 3]);
  // Higher numbers come first.
  const ordered = newApp();
  for (const priority of [0, 9, 5]) await ordered.sendTask(`p${String(priority)}`, { priority });
  const transport = await ordered.connections.newTransport();
  const delivered = await new Promise<unknown[]>((resolve, reject) => {
    const names: unknown[] = [];
    const onDeliveries = (batch: readonly Delivery[]): void => {
      names.push(...batch.map(({ headers }) => headers.table['task']));
      if (names.length === 3) resolve(names);
    };
    transport.consume({ queues: ['celery'], prefetchCount: 3, onDeliveries, onLost: reject }).catch(reject);
  });
  assert.deepStrictEqual(delivered, ['p9', 'p5', 'p0']);
  await transport.close(1_000);
});

test('ROUTE-22: the types of default and missing queues are queue arguments', () => {
  const app = newApp({ taskDefaultQueueType: 'quorum', taskCreateMissingQueueType: 'quorum' });
  const types = ['celery', 'missing'].map(
    (name) => app.queues.get(name).queue.options.queueArguments?.['x-queue-type'],
  );
  assert.deepStrictEqual(types, ['quorum', 'quorum']);
  const one = newApp({ taskDefaultQueueType: 'quorum', taskQueues: [new Queue('celery'), new Queue('other')] });
  const mixed = [
    newApp({ taskDefaultQueueType: 'quorum' }),
    newApp({ taskCreateMissingQueueType: 'quorum' }),
    newApp(),
  ];
  assert.deepStrictEqual(
    [
      ...mixed.flatMap((each) => ['celery', 'missing'].map((name) => each.queues.get(name))),
      one.queues.get('other'),
    ].map(({ queue }) => queue.options.queueArguments?.['x-queue-type'] ?? 'classic'),
    ['quorum', 'classic', 'classic', 'quorum', 'classic', 'classic', 'classic'],
  );
});

test('ROUTE-23: what a queue refuses goes to its dead-letter exchange', async () => {
  const dlx = new Exchange('dlx');
  const app = newApp({
    taskQueues: [
      new Queue('celery', { queueArguments: { 'x-dead-letter-exchange': 'dlx', 'x-dead-letter-routing-key': 'dead' } }),
      new Queue('graveyard', { exchange: dlx, routingKey: 'dead' }),
    ],
  });
  const transport = await app.connections.newTransport();
  const { exchanges, queues } = app.queues.declarationsFor('dlx', 'dead');
  await transport.declareExchanges(exchanges);
  await transport.declare(queues);
  await app.sendTask('t');
  await new Promise<void>((resolve, reject) => {
    const consumer = transport.consume({
      queues: ['celery'],
      prefetchCount: 1,
      onDeliveries: ([delivery]) => {
        if (delivery === undefined) return;
        const { tag, headers } = delivery;
        consumer
          .then((held) => held.settle([{ action: 'dead-letter', tag, queue: 'celery.dead', headers }]))
          .then(() => {
            resolve();
          }, reject);
      },
      onLost: reject,
    });
    consumer.catch(reject);
  });
  assert.deepStrictEqual(await tasksIn(app, 'graveyard'), ['t']);
  assert.deepStrictEqual([await transport.count('celery'), await tasksIn(app, 'celery.dead')], [0, []]);
  await transport.close(1_000);
});
