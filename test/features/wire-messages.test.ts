/** WIRE-01 to 09: the message of a call as the broker holds it, and messages as other programs write them. */
import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { after, before, describe, test } from 'node:test';
import { Signature, signals, type Celeriac } from '../../core/app/public.js';
import type { TestWorker } from '../../testing/public.js';
import { app as workerApp } from '../support/members/wire-tasks.js';
import { bodyOf, createApp, messageIn, messagesIn } from '../support/sent-messages.js';
import { deathOf, documentOf, endOf, headersOf, send, startWireWorker } from '../support/wire-worker.js';

const apps: Celeriac[] = [];
after(() => Promise.all(apps.map((app) => app.close())));

function newApp(input: Parameters<typeof createApp>[0] = {}): Celeriac {
  const app = createApp(input);
  apps.push(app);
  return app;
}

/** A signature as another program writes it, with a key that nobody knows. */
const signature = {
  task: 'shop.next',
  args: [1],
  kwargs: {},
  options: { task_id: 'next-1', queue: 'quick', priority: 3, tenant: 'x' },
  subtask_type: null,
  immutable: false,
  from_the_future: true,
};

test('WIRE-01: a body is [args, kwargs, embed] with four keys, and the chain lies there as it was given, last step first', async () => {
  const app = newApp();
  const chain = [
    { ...signature, task: 'third' },
    { ...signature, task: 'second' },
  ];
  await app.sendTask('first', { args: [1, 'é'], kwargs: { k: null }, chain, chord: signature });
  const message = await messageIn(app);
  const linked = newApp();
  await linked.sendTask('first', { link: signature, linkError: [signature, signature] });
  const [, , { callbacks, errbacks, chain: none }] = bodyOf(await messageIn(linked));
  const names = [callbacks, errbacks].map((list) => (list as (typeof signature)[]).map(({ task }) => task));
  assert.deepStrictEqual([...names, none], [['shop.next'], ['shop.next', 'shop.next'], null]);
  assert.equal(
    Buffer.from(message.body).toString(),
    `[[1,"é"],{"k":null},{"callbacks":null,"errbacks":null,"chain":${JSON.stringify(chain)},"chord":${JSON.stringify(signature)}}]`,
  );
});

test('WIRE-02: properties carry id, reply address, format, mode, priority and life of the message', async () => {
  const app = newApp();
  await app.sendTask('t', {
    taskId: 'w2',
    rootId: 'root',
    parentId: 'parent',
    replyTo: 'me',
    priority: 4,
    expires: 60,
  });
  await app.sendTask('t', { taskId: 'w2b', serializer: 'msgpack', deliveryMode: 1 });
  const [full, other] = await messagesIn(app);
  assert.deepStrictEqual(full?.properties, {
    correlationId: 'w2',
    replyTo: 'me',
    contentType: 'application/json',
    contentEncoding: 'utf-8',
    deliveryMode: 2,
    priority: 4,
    expirationMs: 60_000,
  });
  const { replyTo, contentType, contentEncoding, deliveryMode, expirationMs } = other?.properties ?? full.properties;
  assert.deepStrictEqual(
    [replyTo, contentType, contentEncoding, deliveryMode, expirationMs],
    ['', 'application/x-msgpack', 'binary', 1, null],
  );
});

test('WIRE-03: headers are those of Python in its order, lang is js, and those of the application follow', async () => {
  const app = newApp();
  await app.sendTask('shop.add', { taskId: 'w3', args: [1], kwargs: { k: 2 }, timeLimit: 5, headers: { trace: 'x' } });
  const { table } = (await messageIn(app)).headers;
  const { origin, ...rest } = table;
  assert.equal(origin, `gen${String(process.pid)}@${hostname()}`);
  assert.deepStrictEqual(rest, {
    lang: 'js',
    task: 'shop.add',
    id: 'w3',
    shadow: null,
    eta: null,
    expires: null,
    group: null,
    group_index: null,
    retries: 0,
    timelimit: [5, null],
    root_id: 'w3',
    parent_id: null,
    argsrepr: '(1,)',
    kwargsrepr: "{'k': 2}",
    ignore_result: false,
    replaced_task_nesting: 0,
    stamped_headers: null,
    stamps: {},
    trace: 'x',
  });
  assert.deepStrictEqual(
    Object.keys(table).join(' '),
    'lang task id shadow eta expires group group_index retries timelimit root_id parent_id argsrepr kwargsrepr origin ' +
      'ignore_result replaced_task_nesting stamped_headers stamps trace',
  );

  const given = newApp();
  const tomorrow = new Date(Math.trunc(Date.now() / 1_000) * 1_000 + 86_400_678);
  const later = new Date(tomorrow.getTime() + 60_000);
  const inPython = (date: Date): string => date.toISOString().replace('Z', '000+00:00');
  await given.sendTask('shop.add', {
    taskId: 'w3b',
    shadow: 'other',
    eta: tomorrow,
    expires: later,
    groupId: 'g',
    groupIndex: 2,
    retries: 3,
    softTimeLimit: 4,
    timeLimit: 5,
    rootId: 'r',
    parentId: 'p',
    argsrepr: '(a)',
    kwargsrepr: '{k}',
    origin: 'me',
    ignoreResult: true,
    replacedTaskNesting: 1,
    stampedHeaders: ['tenant'],
    stamps: { tenant: 'x' },
    compression: 'zlib',
  });
  assert.deepStrictEqual(
    { ...(await messageIn(given)).headers.table },
    {
      lang: 'js',
      task: 'shop.add',
      id: 'w3b',
      shadow: 'other',
      eta: inPython(tomorrow),
      expires: inPython(later),
      group: 'g',
      group_index: 2,
      retries: 3,
      timelimit: [5, 4],
      root_id: 'r',
      parent_id: 'p',
      argsrepr: '(a)',
      kwargsrepr: '{k}',
      origin: 'me',
      ignore_result: true,
      replaced_task_nesting: 1,
      stamped_headers: ['tenant'],
      stamps: { tenant: 'x' },
      compression: 'application/x-gzip',
    },
  );
});

test('WIRE-04: the root of a workflow is the task itself, unless it says another', async () => {
  const app = newApp();
  const first = await app.sendTask('t');
  await app.sendTask('t', { taskId: 'w4', rootId: 'root', parentId: 'parent' });
  const roots = (await messagesIn(app)).map(({ headers: { table } }) => [table['root_id'], table['parent_id']]);
  assert.deepStrictEqual(roots, [
    [first.id, null],
    ['root', 'parent'],
  ]);
});

test('WIRE-05: the text of arguments has about 1024 characters, three levels and the look of Python', async () => {
  const app = newApp();
  await app.sendTask('t', { args: [[[[['deep']]]], true, null], kwargs: { k: 'x'.repeat(5_000) } });
  const { argsrepr, kwargsrepr } = (await messageIn(app)).headers.table;
  assert.equal(argsrepr, '([[[...]]], True, None)');
  const text = kwargsrepr as string;
  assert.match(text, /^\{'k': 'x+\.\.\.'\}$/);
  assert.ok(text.length >= 1_024 && text.length <= 1_030, String(text.length));
  const short = newApp({ taskReprMaxChars: 50 });
  await short.sendTask('t', { args: ['y'.repeat(500)] });
  const cut = (await messageIn(short)).headers.table['argsrepr'] as string;
  assert.match(cut, /^\('y+\.\.\.',\)$/);
  assert.ok(cut.length >= 50 && cut.length < 60, String(cut.length));
});

test('WIRE-08: a signature is written with its six keys, and what another program added to it travels on', async () => {
  const app = newApp();
  await app.sendTask('t', { link: new Signature('shop.next', { args: [1], immutable: true }) });
  await app.sendTask('t', { link: Signature.fromData(signature), chain: [signature] });
  const [own, foreign] = (await messagesIn(app)).map((message) => bodyOf(message)[2]);
  assert.deepStrictEqual(own?.['callbacks'], [
    { task: 'shop.next', args: [1], kwargs: {}, options: {}, subtask_type: null, immutable: true },
  ]);
  assert.deepStrictEqual(foreign?.['chain'], [signature]);
  const { from_the_future: unknown, ...six } = signature;
  assert.equal(unknown, true);
  assert.deepStrictEqual(foreign['callbacks'], [six]);
});

test('WIRE-09: options of a signature travel as given, under the names of the wire', async () => {
  const app = newApp();
  const options = {
    taskId: 'x',
    replyTo: 'r',
    queue: 'q',
    groupId: 'g',
    groupIndex: 2,
    rootId: 'o',
    parentId: 'p',
    tenant: { a: 1 },
  };
  await app.sendTask('t', { link: new Signature('next', { options }) });
  const [, , embed] = bodyOf(await messageIn(app));
  const [callback] = embed['callbacks'] as [{ options: unknown }];
  assert.deepStrictEqual(callback.options, {
    task_id: 'x',
    reply_to: 'r',
    queue: 'q',
    group_id: 'g',
    group_index: 2,
    root_id: 'o',
    parent_id: 'p',
    tenant: { a: 1 },
  });
});

describe('messages of other programs', { timeout: 60_000 }, () => {
  let worker: TestWorker;
  before(async () => {
    worker = await startWireWorker();
  });
  after(() => worker.close());

  test('WIRE-06: protocol 2, protocol 1 and a hybrid run, anything else is a dead letter that was never a task', async () => {
    const rejected: unknown[] = [];
    const stop = signals.taskRejected.connect(({ message }) => {
      rejected.push((message as { properties: { correlationId: unknown } }).properties.correlationId);
    });
    const two = headersOf('wire.echo');
    await send(two, '[["two"],{},{}]');
    const one = { task: 'wire.echo', id: 'w6-one', args: ['one'], kwargs: {}, retries: 0, utc: true };
    await send({}, JSON.stringify(one), { correlationId: 'w6-one' });
    const { lang, ...hybrid } = headersOf('wire.echo', { id: 'w6-hybrid' });
    assert.equal(lang, 'py');
    await send(hybrid, JSON.stringify({ task: 'other', id: 'other', args: ['hybrid'] }));
    assert.deepStrictEqual(await endOf(two['id'] as string), ['two']);
    assert.deepStrictEqual(await endOf('w6-one'), ['one']);
    assert.deepStrictEqual(await endOf('w6-hybrid'), ['hybrid']);
    await send({ hello: 'x' }, '{"answer":42}', { correlationId: 'w6-none' });
    assert.equal(await deathOf('w6-none'), 'unknown-message');
    await assert.rejects(documentOf('w6-none'), /no result/);
    assert.deepStrictEqual(rejected, ['w6-none']);
    stop();
  });

  test('WIRE-07: protocol 1 is read with all its fields, and written where taskProtocol is 1', async () => {
    const body = { task: 'proj.add', id: 'w7', args: [2], kwargs: { y: 3 }, taskset: 'set-1', eta: null, utc: true };
    await send({}, JSON.stringify(body), { correlationId: 'w7' });
    assert.equal(await endOf('w7'), 5);
    assert.equal((await documentOf('w7'))['group_id'], 'set-1');
    await send({}, JSON.stringify({ ...body, id: 'w7-bad', kwargs: null }), { correlationId: 'w7-bad' });
    assert.equal(await deathOf('w7-bad'), 'malformed-body');

    const callback = {
      task: 'wire.echo',
      args: ['after'],
      kwargs: {},
      options: { task_id: 'w7-after' },
      subtask_type: null,
    };
    const own = { ...body, id: 'w7-callback', taskset: undefined, group: 'set-2', callbacks: [callback] };
    await send({}, JSON.stringify(own), { correlationId: own.id });
    assert.deepStrictEqual(await endOf('w7-after'), [5, 'after']);
    assert.equal((await documentOf(own.id))['group_id'], 'set-2');
    const late = { ...body, id: 'w7-late', expires: '2001-01-01T00:00:00' };
    await send({}, JSON.stringify(late), { correlationId: late.id });
    await assert.rejects(endOf(late.id), /expired/);

    const app = newApp({ taskProtocol: 1 });
    await app.sendTask('proj.add', {
      taskId: 'w7-sent',
      args: [2],
      kwargs: { y: 3 },
      timeLimit: 9,
      headers: { own: 1 },
    });
    const message = await messageIn(app);
    assert.deepStrictEqual({ ...message.headers.table }, { own: 1 });
    assert.deepStrictEqual(JSON.parse(Buffer.from(message.body).toString()), {
      task: 'proj.add',
      id: 'w7-sent',
      args: [2],
      kwargs: { y: 3 },
      group: null,
      group_index: null,
      retries: 0,
      eta: null,
      expires: null,
      utc: true,
      callbacks: null,
      errbacks: null,
      timelimit: [9, null],
      taskset: null,
      chord: null,
    });
    await send({}, message.body, { correlationId: 'w7-sent' });
    assert.equal(await endOf('w7-sent'), 5);
  });

  test('WIRE-31: a time without offset is UTC', async () => {
    const naive = (ms: number): string => new Date(Date.now() + ms).toISOString().slice(0, 19);
    await send(headersOf('wire.echo', { id: 'w31-late', expires: naive(-60_000) }), '[[1],{},{}]');
    await assert.rejects(endOf('w31-late'), /expired/);
    const early = { expires: naive(60_000), eta: naive(-60_000) };
    await send(headersOf('wire.echo', { id: 'w31-early', ...early }), '[[1],{},{}]');
    assert.deepStrictEqual(await endOf('w31-early'), [1]);
    assert.equal(workerApp.conf.enableUtc, true);
  });
});
