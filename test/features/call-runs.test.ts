/** CALL-17 to CALL-44: calls that run, on a real worker with broker and results in memory, or in the caller. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  ConfigError,
  ConnectionLostError,
  EagerResult,
  OperationalError,
  Queue,
  TaskRevoked,
} from '../../core/app/public.js';
import type { AsyncResult } from '../../core/app/async-result.js';
import { TestWorker } from '../../testing/public.js';
import {
  about,
  add,
  app,
  countedErrors,
  countErrback,
  fail,
  flaky,
  flakyNow,
  inlineCalls,
  inlineErrback,
  many,
  note,
  parent,
  publishSpecially,
  sendsRouted,
} from '../support/members/call-tasks.js';
import { createApp, messageIn, messagesIn } from '../support/sent-messages.js';

const WAIT = { timeoutMs: 20_000 } as const;
let worker: TestWorker | null = null;

before(async () => {
  const module = new URL('../support/members/call-tasks.js', import.meta.url);
  worker = await TestWorker.start({ app, module, queues: ['calls', 'special'] });
});
after(() => worker?.close());

/** What a task that tells of itself was called with. */
interface About {
  readonly note: unknown;
  readonly id: string;
  readonly rootId: string;
  readonly parentId: string | null;
  readonly groupId: string | null;
  readonly groupIndex: number | null;
  readonly priority: number | null;
  readonly retries: number;
}

async function told(result: AsyncResult): Promise<About> {
  return (await result.get(WAIT)) as About;
}

test('CALL-17: a call is a child of the task around it, unless addToParent says no', async () => {
  for (const addToParent of [true, false]) {
    const result = await parent.delay({ addToParent });
    const child = await result.get(WAIT);
    const children = (await result.children()).map(({ id }) => id);
    assert.deepStrictEqual(children, addToParent ? [child] : []);
  }
});

test('CALL-19: root and parent are those of the task around, or as given', async () => {
  const result = await parent.delay();
  const child = await told(app.asyncResult(await result.get(WAIT)));
  assert.deepStrictEqual([child.rootId, child.parentId], [result.id, result.id]);
  const given = await told(await about.applyAsync({ rootId: 'r', parentId: 'p' }));
  assert.deepStrictEqual([given.rootId, given.parentId], ['r', 'p']);
  const alone = await told(await about.delay());
  assert.deepStrictEqual([alone.rootId, alone.parentId], [alone.id, null]);
  // A parent that has a root of its own gives that.
  const deep = await parent.applyAsync({ rootId: 'top', parentId: 'p' });
  const grandchild = await told(app.asyncResult(await deep.get(WAIT)));
  assert.deepStrictEqual([grandchild.rootId, grandchild.parentId], ['top', deep.id]);
});

test('CALL-30: delay is apply_async with arguments alone', async () => {
  assert.equal(await (await add.delay(2, 3)).get(WAIT), 5);
  assert.equal(await (await add.applyAsync({ args: [2], kwargs: { b: 4 } })).get(WAIT), 6);
});

test('CALL-31: a call resolves with a result when the broker has confirmed, and not before', async () => {
  const own = createApp();
  const transport = await own.connections.transport();
  const publish = transport.publish.bind(transport);
  let confirm: () => void = () => undefined;
  const confirmed = new Promise<void>((resolve) => (confirm = resolve));
  transport.publish = async (batch) => {
    await confirmed;
    await publish(batch);
  };
  const steps: string[] = [];
  const sent = own.sendTask('t').then(({ id }) => steps.push(typeof id));
  await new Promise((resolve) => setImmediate(resolve));
  steps.push('confirm');
  confirm();
  await sent;
  assert.deepStrictEqual(steps, ['confirm', 'string']);
  await own.close();
});

test('CALL-32: the call stands above the task, the task above the route, the route above the settings', async () => {
  const own = createApp({
    taskDefaultPriority: 1,
    taskSerializer: 'yaml',
    taskRoutes: { '*': { queue: 'routed', priority: 2, serializer: 'msgpack', shadow: 'by-route' } },
  });
  const task = own.task('t', { priority: 3 }, () => 1);
  await task.applyAsync({ shadow: 'by-call' });
  const { properties, headers } = await messageIn(own, 'routed');
  assert.deepStrictEqual(
    [properties.priority, properties.contentType, headers.table['shadow']],
    [3, 'application/x-msgpack', 'by-call'],
  );
  await task.applyAsync({ queue: 'call', priority: 4, serializer: 'json' });
  await own.task('bare', () => 1).delay();
  await own.sendTask('t', { queue: 'named' });
  const [byCall, bare] = [await messageIn(own, 'call'), (await messagesIn(own, 'routed'))[1]];
  assert.deepStrictEqual(
    [byCall, bare, await messageIn(own, 'named')].map((one) => [one?.properties.priority, one?.properties.contentType]),
    [
      [4, 'application/json'],
      [2, 'application/x-msgpack'],
      [3, 'application/x-msgpack'],
    ],
  );
  // The signature stands between the call and the task.
  const signature = task.signature({ options: { priority: 6, shadow: 'by-signature', queue: 'signed' } });
  await signature.applyAsync({ shadow: 'by-call' });
  const signed = await messageIn(own, 'signed');
  assert.deepStrictEqual([signed.properties.priority, signed.headers.table['shadow']], [6, 'by-call']);
  await own.close();
});

test('CALL-33: apply runs the task here, with callbacks and chain, and says that it is eager', async () => {
  const own = createApp();
  const seen: unknown[] = [];
  const collect = own.task('collect', (...args: readonly unknown[]) => void seen.push(args));
  const ask = own.task('ask', { bind: true }, (ctx) => [ctx.request.isEager, ctx.request.rootId === ctx.request.id]);
  const boom = own.task('boom', () => {
    throw new RangeError('eager');
  });
  const result = await ask.apply({ link: collect.s('linked') });
  assert.ok(result instanceof EagerResult);
  assert.deepStrictEqual([await result.get(), await result.state()], [[true, true], 'SUCCESS']);
  assert.deepStrictEqual(seen, [[[true, true], 'linked']]);
  assert.equal(await (await boom.apply()).state(), 'FAILURE');
  await assert.rejects(boom.apply({ throw: true }), RangeError);
  own.conf.taskEagerPropagates = true;
  await assert.rejects(boom.apply(), RangeError);
  assert.equal(await (await boom.apply({ throw: false })).state(), 'FAILURE');
  own.conf.taskEagerPropagates = false;
  // A chain runs here as well, the next step last; an errback gets the id of what failed.
  const chain = [collect.s('last').toJSON(), ask.si().toJSON()];
  await ask.apply({ chain });
  assert.deepStrictEqual(seen[1], [[true, false], 'last']);
  const failed = await boom.apply({ linkError: collect.s() });
  assert.deepStrictEqual(seen.slice(2), [[failed.id]]);
  assert.deepStrictEqual([...(await messagesIn(own))], []);
  await own.close();
});

test('CALL-34: with task_always_eager a call runs here, its arguments through the serializer', async () => {
  const own = createApp({ taskAlwaysEager: true, taskStoreEagerResult: true });
  const echo = own.task('echo', (value: unknown) => value);
  const given = { list: [1], gone: undefined };
  const result = await echo.applyAsync({ args: [given], countdown: 3_600, queue: 'elsewhere', expires: -1 });
  const value = await result.get();
  assert.notStrictEqual(value, given);
  assert.deepStrictEqual(value, { list: [1] });
  assert.equal(
    await own
      .asyncResult(result.id)
      .get(WAIT)
      .then((stored) => JSON.stringify(stored)),
    '{"list":[1]}',
  );
  assert.deepStrictEqual([result instanceof EagerResult, await result.state()], [true, 'SUCCESS']);
  const unstored = createApp({ taskAlwaysEager: true });
  const { id } = await unstored.task('echo', (n: number) => n).delay(1);
  assert.equal(await unstored.asyncResult(id).state(), 'PENDING');
  await unstored.close();
  await assert.rejects(echo.delay(Symbol('no')), { code: 'CLR_ENCODE' });
  const joins = own.task('joins', async () => (await echo.delay(1)).get());
  await assert.rejects(async () => (await joins.delay()).get(), ConfigError);
  own.conf['taskEagerPropagates'] = true;
  const boom = own.task('boom', () => {
    throw new RangeError('eager');
  });
  await assert.rejects(boom.delay(), RangeError);
  assert.deepStrictEqual([...(await messagesIn(own, 'elsewhere'))], []);
  await own.close();
});

test('CALL-35: an eager result has its value or error itself and asks no backend', async () => {
  const own = createApp({ resultBackend: null });
  const date = new Date(0);
  const plain = await own.task('date', () => date).apply();
  assert.equal(await plain.get(), date);
  const error = new RangeError('mine');
  const failed = await own
    .task('boom', () => {
      throw error;
    })
    .apply();
  await assert.rejects(failed.get(), (thrown) => thrown === error);
  assert.equal(await failed.get({ propagate: false }), error);
  assert.deepStrictEqual([await failed.state(), await failed.ready(), await failed.failed()], ['FAILURE', true, true]);
  await own.close();
});

test('CALL-36: calling a task is calling its function; nothing is sent', async () => {
  const own = createApp();
  const double = own.task('double', (n: number) => n * 2);
  assert.equal(double(4), 8);
  const bound = own.task('bound', { bind: true }, (ctx, n: number) => [ctx.request.id === '', n]);
  assert.equal((bound(2) as unknown[])[1], 2);
  assert.deepStrictEqual([...(await messagesIn(own))], []);
  await own.close();
});

test('CALL-40: the policy of the settings says how often a lost connection is tried again', async () => {
  const own = createApp({
    taskPublishRetryPolicy: { maxRetries: 2, intervalStart: 0, intervalStep: 0, intervalMax: 0 },
  });
  const transport = await own.connections.transport();
  let tries = 0;
  transport.publish = () => {
    tries++;
    return Promise.reject(new OperationalError('gone'));
  };
  await assert.rejects(own.sendTask('t'), OperationalError);
  assert.equal(tries, 3);
  // What the call says is merged: the other parts stay those of the settings.
  tries = 0;
  await assert.rejects(own.sendTask('t', { retryPolicy: { maxRetries: 4 } }), OperationalError);
  assert.equal(tries, 5);
  // For ever is until it succeeds; another error is not tried again.
  tries = 0;
  transport.publish = () => (++tries === 9 ? Promise.resolve() : Promise.reject(new OperationalError('gone')));
  await own.sendTask('t', { retryPolicy: { maxRetries: null } });
  assert.equal(tries, 9);
  tries = 0;
  transport.publish = () => Promise.reject(new RangeError(`other ${String(++tries)}`));
  await assert.rejects(own.sendTask('t'), { message: 'other 1' });
  await assert.rejects(own.sendTask('t', { retryPolicy: { intervalStep: -1 } }), /retryPolicy.intervalStep/);
  await own.close();
  const { taskPublishRetry, taskPublishRetryPolicy } = createApp().conf;
  assert.deepStrictEqual(
    [taskPublishRetry, taskPublishRetryPolicy],
    [true, { maxRetries: 3, intervalStart: 0, intervalStep: 0.2, intervalMax: 1 }],
  );
});

test('CALL-41: a broker that cannot be reached is an OperationalError, other errors are themselves', async () => {
  const own = createApp();
  await assert.rejects(own.sendTask('t', { args: [Symbol('x')] }), { code: 'CLR_ENCODE' });
  own.connections.transport = () => Promise.reject(new ConnectionLostError('nobody listens'));
  await assert.rejects(own.sendTask('t'), (error) => error instanceof OperationalError);
  await own.close();
});

test('CALL-42: a queue is declared before the first publish of a connection, and then no more', async () => {
  const own = createApp({ taskQueues: [new Queue('celery', { maxPriority: 5 })] });
  const transport = await own.connections.transport();
  const declare = transport.declare.bind(transport);
  const declared: (number | null | undefined)[] = [];
  transport.declare = (queues) => {
    declared.push(...queues.map(({ maxPriority }) => maxPriority));
    return declare(queues);
  };
  await own.sendTask('a');
  await own.sendTask('b');
  assert.deepStrictEqual(declared, [5]);
  assert.equal((await messagesIn(own)).length, 2);
  await own.close();
});

test('CALL-44: a callback gets the value before its own arguments, as a message of its own', async () => {
  const callback = note.signature({ args: ['own'], options: { taskId: 'call-44-callback' } });
  const result = await add.applyAsync({ args: [1, 2], link: callback });
  assert.deepStrictEqual(await app.asyncResult('call-44-callback').get(WAIT), [3, 'own']);
  // Its own options apply; an immutable one gets nothing.
  const special = about.signature({ options: { taskId: 'call-44-special', queue: 'special', priority: 7 } });
  const immutable = note.signature({ args: ['own'], immutable: true, options: { taskId: 'call-44-immutable' } });
  await add.applyAsync({ args: [1, 2], link: [special, immutable] });
  const {
    note: value,
    priority,
    routingKey,
  } = (await app.asyncResult('call-44-special').get(WAIT)) as About & {
    readonly routingKey: unknown;
  };
  assert.deepStrictEqual([value, priority, routingKey], [3, 7, 'special']);
  assert.deepStrictEqual(await app.asyncResult('call-44-immutable').get(WAIT), ['own']);
  assert.equal(await result.get(WAIT), 3);
});

test('several callbacks are one group; a chain goes on with the rest of it', async () => {
  const tell = (taskId: string) => about.signature({ options: { taskId } });
  const first = await add.applyAsync({ args: [1, 1], link: [tell('group-0'), tell('group-1')] });
  const [zero, one] = [await told(app.asyncResult('group-0')), await told(app.asyncResult('group-1'))];
  assert.deepStrictEqual([zero.note, zero.parentId, zero.groupIndex, one.groupIndex], [2, first.id, 0, 1]);
  assert.equal(zero.groupId, one.groupId);
  const steps = [
    add.signature({ args: [100], options: { taskId: 'step-3' } }),
    add.signature({ args: [10], options: { taskId: 'step-2' } }),
  ];
  await add.applyAsync({ args: [1, 1], chain: steps.map((step) => step.toJSON()) });
  assert.deepStrictEqual(
    [await app.asyncResult('step-2').get(WAIT), await app.asyncResult('step-3').get(WAIT)],
    [12, 112],
  );
});

test('an errback gets the id of the task that failed', async () => {
  const errback = note.signature({ options: { taskId: 'errback' } });
  const result = await fail.applyAsync({ linkError: errback });
  assert.deepStrictEqual(await app.asyncResult('errback').get(WAIT), [result.id]);
});

test('delayMany from a client and from a task: every call is confirmed', async () => {
  const outcomes = await add.delayMany(
    Array.from({ length: 25 }, (_, n): [number, number] => [n, 0]),
    { batchSize: 10 },
  );
  const values = await Promise.all(outcomes.map(async ({ result }) => result?.get(WAIT)));
  assert.deepStrictEqual(
    values,
    Array.from({ length: 25 }, (_, n) => n),
  );
  assert.equal(await (await many.delay(30)).get(WAIT), 30);
});

test('delayMany asks for a confirm for each batch, not for each call', async () => {
  const own = createApp();
  const transport = await own.connections.transport();
  const publish = transport.publish.bind(transport);
  const batches: number[] = [];
  transport.publish = (batch) => {
    batches.push(batch.length);
    return publish(batch);
  };
  const outcomes = await own
    .task('t', (n: number) => n)
    .delayMany(
      Array.from({ length: 25 }, (_, n): [number] => [n]),
      { batchSize: 10 },
    );
  // Two batches under way may share a confirm, never a call have one of its own.
  assert.deepStrictEqual([batches.reduce((sum, size) => sum + size, 0), outcomes.length], [25, 25]);
  assert.ok(batches.length <= 3, String(batches));
  await own.close();
});

test('a member hands the options of a publish to its host', async () => {
  assert.equal(await (await publishSpecially.delay('special')).get(WAIT), 'sent');
});

test('an eager retry runs at once', async () => {
  const result = await flaky.apply({ args: [2] });
  assert.deepStrictEqual([await result.state(), await result.get()], ['SUCCESS', 2]);
  assert.equal(await (await flaky.apply({ args: [3] })).state(), 'FAILURE');
});

test('ROUTE-08: what a task sends is routed by the settings of its worker', async () => {
  const child = await (await sendsRouted.delay()).get(WAIT);
  assert.equal(await app.asyncResult(child).get(WAIT), 'special');
});

test('MIS-24: a callback leaves before the result of its task is stored', async () => {
  const transport = await app.connections.transport();
  const backend = await app.connections.backend();
  await transport.declare([{ name: 'watched', durable: true }]);
  const waiting = new Promise<number>((resolve, reject) => {
    const watch = backend.watch('mis-24', () => {
      watch.stop();
      transport.count('watched').then(resolve, reject);
    });
  });
  const link = note.signature({ options: { queue: 'watched' } });
  await add.applyAsync({ args: [1, 2], taskId: 'mis-24', link });
  assert.equal(await waiting, 1);
});

test('MIS-25: an errback with several parameters is called in the failing member, one with a single one is a message', async () => {
  const errback = note.signature({ options: { taskId: 'mis-25' } });
  const result = await fail.applyAsync({ args: ['inline'], linkError: [inlineErrback.s(), errback] });
  assert.deepStrictEqual(await app.asyncResult('mis-25').get(WAIT), [result.id]);
  assert.deepStrictEqual(await (await inlineCalls.delay()).get(WAIT), [[result.id, true, 'string']]);
});

test('MIS-26: an errback runs once, after the last retry, and not for a task that has expired', async () => {
  const result = await flakyNow.applyAsync({ linkError: countErrback.s() });
  await assert.rejects(result.get(WAIT));
  const expired = await add.applyAsync({ args: [1, 1], expires: new Date(0), linkError: countErrback.s() });
  await assert.rejects(expired.get(WAIT), TaskRevoked);
  await (await about.delay()).get(WAIT);
  assert.deepStrictEqual(await (await countedErrors.delay()).get(WAIT), [result.id]);
});

test('MIS-23: partial arguments stand behind those of the call, keywords of the call replace them, an immutable signature takes options alone', async () => {
  const partial = note.signature({ args: ['own'] });
  assert.deepStrictEqual(await (await partial.delay('given')).get(WAIT), ['given', 'own']);
  const named = add.signature({ args: [1], kwargs: { b: 1 } });
  assert.equal(await (await named.applyAsync({ kwargs: { b: 5 } })).get(WAIT), 6);
  const immutable = note.signature({ args: ['own'], immutable: true });
  const sent = await immutable.applyAsync({ args: ['given'], taskId: 'mis-23' });
  assert.deepStrictEqual([sent.id, await sent.get(WAIT)], ['mis-23', ['own']]);
});
