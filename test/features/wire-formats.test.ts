/** WIRE-20 to 30: formats of bodies, through a worker: what Celery wrote runs, what is sent arrives, the rest is refused. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { deflateSync, inflateSync } from 'node:zlib';
import {
  type Celeriac,
  Decimal,
  EncodeError,
  PyDate,
  PyDateTime,
  pyFloat,
  PyTime,
  type SettingsInput,
  Uuid,
} from '../../core/app/public.js';
import type { TestWorker } from '../../testing/public.js';
import { echo, kinds, Money, words } from '../support/members/wire-tasks.js';
import { createApp, messageIn } from '../support/sent-messages.js';
import { deathOf, documentOf, endOf, headersOf, send, sendRecorded, startWireWorker } from '../support/wire-worker.js';

const apps: Celeriac[] = [];
after(() => Promise.all(apps.map((each) => each.close())));

/** The message of one call, which nobody consumes. */
async function sent(options: Parameters<Celeriac['sendTask']>[1], settings: SettingsInput = {}) {
  const other = createApp(settings);
  apps.push(other);
  await other.sendTask('t', options);
  return messageIn(other);
}

const wait = { timeoutMs: 20_000 };

/** What `serializer_*` was called with when it was recorded. */
const RECORDED = [2, 'x', null, true, 1.5, [1], { a: 1 }, { k: 'v' }];

describe('formats of bodies', { timeout: 60_000 }, () => {
  let worker: TestWorker;
  before(async () => {
    worker = await startWireWorker();
  });
  after(() => worker.close());

  test('WIRE-20: JSON goes both ways, as compact UTF-8', async () => {
    assert.deepStrictEqual(await endOf(await sendRecorded('serializer_json')), RECORDED);
    const { body, properties } = await sent({ args: ['é', new Set([1]), new Map([[1, 'a']])] });
    assert.equal(Buffer.from(body).toString().slice(0, 20), '[["é",[1],{"1":"a"}]');
    assert.deepStrictEqual([properties.contentType, properties.contentEncoding], ['application/json', 'utf-8']);
  });

  test('WIRE-21: a pickle of plain data runs where pickle is accepted, one that calls anything never does', async () => {
    assert.deepStrictEqual(await endOf(await sendRecorded('serializer_pickle')), RECORDED);
    assert.deepStrictEqual(await (await echo.applyAsync({ args: [1, 'é', [null]], serializer: 'pickle' })).get(wait), [
      1,
      'é',
      [null],
    ]);
    const { body, properties } = await sent({ args: [1], serializer: 'pickle' });
    assert.deepStrictEqual(
      [properties.contentType, properties.contentEncoding],
      ['application/x-python-serialize', 'binary'],
    );
    assert.ok(body[0] === 0x80 && (body[1] ?? 0) >= 2);
    const evil = Buffer.from('\x80\x04((cposix\nsystem\n(VexplodeVtR}}t.', 'latin1');
    const pickled = { contentType: 'application/x-python-serialize', contentEncoding: 'binary' };
    const id = await send(headersOf('wire.echo'), evil, pickled);
    await assert.rejects(endOf(id), { name: 'ContentDisallowed', message: /pickle/ });
  });

  test('WIRE-22: YAML goes both ways, with dates', async () => {
    assert.deepStrictEqual(await endOf(await sendRecorded('serializer_yaml')), RECORDED);
    const call = await kinds.applyAsync({
      args: [new Date(0), new PyDate(2030, 1, 2), 'yes', Buffer.from([1])],
      serializer: 'yaml',
    });
    assert.deepStrictEqual(await call.get(wait), ['Date', 'PyDate', 'string', 'Buffer']);
    const values = [new PyDate(2030, 1, 2), new PyDateTime('2030-01-02T03:04:05.678901+02:00'), 'yes', 1.5, null];
    assert.deepStrictEqual(await (await echo.applyAsync({ args: values, serializer: 'yaml' })).get(wait), values);
    const { properties } = await sent({ serializer: 'yaml' });
    assert.deepStrictEqual([properties.contentType, properties.contentEncoding], ['application/x-yaml', 'utf-8']);
  });

  test('WIRE-23: MessagePack goes both ways, with bytes, and refuses a date at the caller', async () => {
    assert.deepStrictEqual(await endOf(await sendRecorded('serializer_msgpack')), RECORDED);
    assert.deepStrictEqual(await endOf(await sendRecorded('serializer_msgpack_bytes')), [Buffer.from([0, 255])]);
    assert.deepStrictEqual(
      await (await kinds.applyAsync({ args: [2n ** 60n, 'é'], serializer: 'msgpack' })).get(wait),
      ['bigint', 'string'],
    );
    await assert.rejects(echo.applyAsync({ args: [new Date()], serializer: 'msgpack' }), EncodeError);
    const { body, properties } = await sent({ args: [Buffer.from([7])], serializer: 'msgpack' });
    assert.deepStrictEqual([properties.contentType, properties.contentEncoding], ['application/x-msgpack', 'binary']);
    assert.equal(Buffer.from(body).subarray(0, 5).toString('hex'), '9391c40107');
  });

  test('WIRE-25: raw carries bytes or a text: a call is neither, and a raw message is not a task', async () => {
    await assert.rejects(echo.applyAsync({ args: [1], serializer: 'raw' }), EncodeError);
    const raw = { contentType: 'application/data', contentEncoding: 'binary' };
    const id = await send(headersOf('wire.echo'), Buffer.from([0, 255]), raw);
    assert.equal(await deathOf(id), 'content-disallowed');
  });

  test('WIRE-26: a format that the application registers is sent, accepted by its name and read in the member', async () => {
    assert.deepStrictEqual(await (await echo.applyAsync({ args: ['mine', 1], serializer: 'inverted' })).get(wait), [
      'mine',
      1,
    ]);
    const { body, properties } = await sent({ args: ['mine'], serializer: 'inverted' });
    assert.deepStrictEqual([properties.contentType, properties.contentEncoding], ['application/x-inverted', 'binary']);
    assert.ok(!Buffer.from(body).includes('mine'));
  });

  test('WIRE-27: typed values arrive as what they are and come back as they went', async () => {
    const values = [
      new Date(0),
      new PyDateTime('2030-01-02T03:04:05.678901+02:00'),
      new PyDate(2030, 1, 2),
      new PyTime('03:04:05.000006'),
      new Decimal('10.250'),
      new Uuid('12345678123456781234567812345678'),
      Buffer.from('text'),
      Buffer.from([0, 255]),
      new Money(5),
    ];
    const names = ['Date', 'PyDateTime', 'PyDate', 'PyTime', 'Decimal', 'Uuid', 'Buffer', 'Buffer', 'Money'];
    assert.deepStrictEqual(await (await kinds.delay(...values)).get(wait), names);
    const call = await echo.delay(...values);
    assert.deepStrictEqual(await call.get(wait), values);
    const { body } = await sent({ args: values });
    const [args] = JSON.parse(Buffer.from(body).toString()) as [unknown[]];
    assert.deepStrictEqual((await documentOf(call.id))['result'], args);
    assert.deepStrictEqual(args, [
      { __type__: 'datetime', __value__: '1970-01-01T00:00:00+00:00' },
      { __type__: 'datetime', __value__: '2030-01-02T03:04:05.678901+02:00' },
      { __type__: 'date', __value__: '2030-01-02' },
      { __type__: 'time', __value__: '03:04:05.000006' },
      { __type__: 'decimal', __value__: '10.250' },
      { __type__: 'uuid', __value__: { hex: '12345678123456781234567812345678' } },
      { __type__: 'bytes', __value__: 'text' },
      { __type__: 'base64', __value__: 'AP8=' },
      { __type__: 'money', __value__: 5 },
    ]);
    const other = await sent({ args: [new Map([['k', 1]]), new Set([2]), { toJSON: () => 'told' }] });
    assert.deepStrictEqual((JSON.parse(Buffer.from(other.body).toString()) as unknown[])[0], [{ k: 1 }, [2], 'told']);
    // More keys than the two: an object like any other.
    const plain = { __type__: 'of-another-app', __value__: 1, more: 2 };
    assert.deepStrictEqual(await (await echo.delay(plain)).get(wait), [plain]);
    const unknown = JSON.stringify([[{ __type__: 'of-another-app', __value__: 1 }], {}, {}]);
    assert.equal(await deathOf(await send(headersOf('wire.echo'), unknown)), 'unknown-type');
  });

  test('WIRE-28: NaN and Infinity of Python are read, integers keep their digits, and neither is sent by mistake', async () => {
    const body = '[[NaN, Infinity, -Infinity, 12345678901234567890, 1.0], {}, {}]';
    const id = await send(headersOf('wire.words'), body);
    assert.deepStrictEqual(await endOf(id), ['NaN', 'Infinity', '-Infinity', '12345678901234567890', '1']);
    for (const value of [NaN, Infinity, -Infinity]) {
      await assert.rejects(words.delay(value), { name: 'EncodeError', message: /\$/ });
    }
    const { body: own } = await sent({ args: [12345678901234567890n, pyFloat(1), 1] });
    assert.equal(Buffer.from(own).toString().slice(0, 30), '[[12345678901234567890,1.0,1],');
  });

  test('WIRE-30: every compression of Celery is read, ours are written, and a bomb is a dead letter', async () => {
    for (const name of ['zlib', 'gzip', 'bzip2', 'lzma', 'brotli', 'zstd', 'zlib_msgpack']) {
      assert.equal(await endOf(await sendRecorded(`compression_${name}`)), 5, name);
    }
    for (const [compression, header] of [
      ['gzip', 'application/x-gzip'],
      ['br', 'application/x-brotli'],
      ['doubled', 'application/x-doubled'],
    ] as const) {
      assert.equal((await sent({ args: [1], compression })).headers.table['compression'], header);
      assert.deepStrictEqual(await (await echo.applyAsync({ args: [1, 2], compression })).get(wait), [1, 2]);
    }
    for (const [name, header] of [
      ['zlib', 'application/x-gzip'],
      ['brotli', 'application/x-brotli'],
    ] as const) {
      const { body, headers } = await sent({ args: ['x'.repeat(100)], compression: name });
      assert.equal(headers.table['compression'], header);
      // Under either name of Celery's it is a zlib stream.
      if (name === 'zlib') assert.match(inflateSync(body).toString(), /^\[\["x{100}"\]/);
    }
    assert.equal((await sent({ args: [1] })).headers.table['compression'], undefined);
    const packed = await sent({ args: ['x'.repeat(10_000)] }, { taskCompression: 'zlib' });
    assert.ok(packed.body.length < 200);
    const zip = headersOf('wire.echo', { compression: 'application/x-gzip' });
    const bomb = await send(zip, deflateSync(Buffer.alloc(20 * 1024 * 1024)));
    await assert.rejects(endOf(bomb), /more than the limit/);
    const stranger = await send(headersOf('wire.echo', { compression: 'application/x-zip' }), 'PK');
    await assert.rejects(endOf(stranger), /not known/);
  });
});

test('WIRE-29: what acceptContent does not name is never decoded and never runs', { timeout: 60_000 }, async () => {
  await using narrow = await startWireWorker({ acceptContent: ['application/json'] });
  assert.ok(narrow.taskNames.includes('wire.echo'));
  for (const name of ['serializer_yaml', 'serializer_msgpack', 'serializer_pickle']) {
    assert.equal(await deathOf(await sendRecorded(name)), 'content-disallowed', name);
  }
  const usual = createApp();
  apps.push(usual);
  assert.deepStrictEqual([usual.conf.acceptContent, usual.conf.resultAcceptContent], [['json'], ['json']]);
  const unknown = await send(headersOf('wire.echo'), '[[1],{},{}]', { contentType: 'application/x-unheard-of' });
  assert.equal(await deathOf(unknown), 'content-disallowed');
  const odd = await send(headersOf('wire.echo'), '[[1],{},{}]', { contentEncoding: 'utf-16' });
  assert.equal(await deathOf(odd), 'content-disallowed');
  assert.equal(await endOf(await sendRecorded('compression_zlib')), 5);
});
