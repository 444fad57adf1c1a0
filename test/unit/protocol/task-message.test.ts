import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EncodeError, ProtocolError } from '../../../core/kernel/errors.js';
import { HeaderBlock, type HeaderTable } from '../../../core/kernel/header-block.js';
import type { MessageProperties } from '../../../core/ports/transport.js';
import { encodeTaskHeaders } from '../../../core/protocol/task-headers.js';
import { decodeTaskHeaders, type TaskMessage } from '../../../core/protocol/task-message.js';

const properties: MessageProperties = {
  correlationId: 'id-1',
  replyTo: '',
  contentType: 'application/json',
  contentEncoding: 'utf-8',
  deliveryMode: 2,
  priority: 3,
  expirationMs: null,
};

function decode(headers: HeaderTable): TaskMessage {
  return decodeTaskHeaders(HeaderBlock.fromTable(headers), properties);
}

const fields = { task: 'shop.add', id: 'id-1', argsrepr: '()', kwargsrepr: '{}', origin: 'gen1@host' };

test('task and id alone make a message', () => {
  const message = decode({ task: 'shop.add', id: 'id-1' });
  assert.equal(message.task, 'shop.add');
  assert.equal(message.retries, 0);
  assert.equal(message.rootId, 'id-1');
  assert.deepStrictEqual(
    [message.etaEpochMs, message.timeLimitSeconds, message.ignoreResult, message.parentId, message.replyTo],
    [null, null, null, null, null],
  );
  assert.equal(message.priority, 3);
  assert.deepStrictEqual(Object.keys(message.customHeaders), []);
});

test('every header that is written is read', () => {
  const message = decodeTaskHeaders(
    encodeTaskHeaders({
      ...fields,
      shadow: 'Shown',
      etaEpochMs: 1_000,
      expiresText: '1970-01-01T00:00:02.000001+01:00',
      groupId: 'g',
      groupIndex: 2,
      retries: 300,
      timeLimitSeconds: 10,
      softTimeLimitSeconds: 5.5,
      rootId: 'r',
      parentId: 'p',
      ignoreResult: true,
      replacedTaskNesting: 1,
      stampedHeaders: ['tenant'],
      stamps: { tenant: ['a'] },
      compression: 'application/x-gzip',
      customHeaders: { 'x-trace': 'abc', __proto__x: 1 },
    }),
    properties,
  );
  assert.equal(message.displayName, 'Shown');
  assert.equal(message.etaEpochMs, 1_000);
  assert.equal(message.expiresEpochMs, -3_598_000);
  assert.deepStrictEqual([message.groupId, message.groupIndex, message.retries], ['g', 2, 300]);
  assert.deepStrictEqual([message.timeLimitSeconds, message.softTimeLimitSeconds], [10, 5.5]);
  assert.deepStrictEqual([message.rootId, message.parentId, message.ignoreResult], ['r', 'p', true]);
  assert.deepStrictEqual(
    [message.replacedTaskNesting, message.stampedHeaders, message.stamps],
    [1, ['tenant'], { tenant: ['a'] }],
  );
  assert.deepStrictEqual(
    [message.compression, message.lang, message.origin],
    ['application/x-gzip', 'js', 'gen1@host'],
  );
  assert.deepStrictEqual({ ...message.customHeaders }, { 'x-trace': 'abc', __proto__x: 1 });
});

test('timelimit is [hard, soft], and 0 leaves the limit of the task', () => {
  const message = decode({ task: 't', id: 'i', timelimit: [600, 0] });
  assert.deepStrictEqual([message.timeLimitSeconds, message.softTimeLimitSeconds], [600, null]);
});

test('a custom header cannot take the name of one with a meaning', () => {
  assert.throws(() => encodeTaskHeaders({ ...fields, customHeaders: { id: 'other' } }), EncodeError);
});

test('a message without task header, as of protocol 1, is a ProtocolError that says so', () => {
  for (const headers of [{}, { id: 'x' }, { Task: 't' }])
    assert.throws(() => decode(headers), /no header "task": protocol 1/);
  assert.throws(() => decode({ task: 't' }), /no header "id"/);
});

test('M2, M10, M11 a hostile value of any header gives a message or a ProtocolError naming the header', () => {
  const names = Object.keys(encodeTaskHeaders({ ...fields, compression: 'x' }).table);
  const values: readonly unknown[] = [
    null,
    true,
    5,
    -1,
    -1e9,
    2 ** 53,
    12345678901234567890n,
    1.5,
    Infinity,
    NaN,
    '',
    'x'.repeat(1 << 20),
    '\n',
    '\u001b[2J',
    '\ud800',
    [],
    {},
    [null],
    [1, 2, 3],
    ['a', 'b'],
    [-1, 1],
    [true, 1],
    [Infinity, 1],
    { a: {} },
    new Date(0),
    '0000-01-01T00:00:00Z',
    '275761-01-01',
    '2030-01-01T00:00:00+99:00',
  ];
  for (const name of names) {
    for (const value of values) {
      try {
        const message = decode({ task: 't', id: 'i', [name]: value as never });
        assert.equal(typeof message.id, 'string');
        assert.ok(Number.isSafeInteger(message.retries) && message.retries >= 0);
      } catch (error) {
        assert.ok(error instanceof ProtocolError, `${name} = ${String(value)}`);
        assert.match(error.message, new RegExp(`"${name}"`));
      }
    }
  }
});

test('values that would change how a task runs are refused, not guessed', () => {
  const bad: HeaderTable = {
    id: 'a\nb',
    task: '',
    retries: -1,
    timelimit: [-1, null],
    eta: 1893553445,
    expires: 'tomorrow',
    ignore_result: 'false',
    group_index: -1,
    root_id: 'x'.repeat(256),
  };
  for (const name of Object.keys(bad)) {
    assert.throws(
      () => decode({ task: 't', id: 'i', [name]: bad[name] }),
      (error) => error instanceof ProtocolError && error.message.includes(name),
    );
  }
});

test('M5 names of Object.prototype are neither headers nor pollution', () => {
  const headers = HeaderBlock.fromJson(
    '{"task":"t","id":"i","__proto__":{"eta":"x","polluted":1},"constructor":1,"then":2}',
  );
  const message = decodeTaskHeaders(headers, properties);
  assert.equal(message.etaEpochMs, null);
  assert.deepStrictEqual(Object.keys(message.customHeaders), ['__proto__', 'constructor', 'then']);
  const again = encodeTaskHeaders({ ...fields, customHeaders: message.customHeaders });
  assert.ok(again.json.endsWith('"__proto__":{"eta":"x","polluted":1},"constructor":1,"then":2}'));
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
});

test('more than 200 headers are refused', () => {
  const many = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`x${String(i)}`, i]));
  assert.throws(() => decode({ task: 't', id: 'i', ...many }), /more than 200 headers/);
});
