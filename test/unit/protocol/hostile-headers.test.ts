/** Each header × each wrong value: a ProtocolError that says why, a documented clamp, or the value; never another error (M2, M11). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProtocolError } from '../../../core/kernel/errors.js';
import { HeaderBlock } from '../../../core/kernel/header-block.js';
import { KNOWN_HEADERS } from '../../../core/protocol/task-headers.js';
import { decodeTaskHeaders, type TaskMessage } from '../../../core/protocol/task-message.js';

const properties = {
  correlationId: null,
  replyTo: null,
  contentType: 'application/json',
  contentEncoding: 'utf-8',
  deliveryMode: 2,
  priority: null,
  expirationMs: null,
} as const;

function decode(json: string): TaskMessage {
  return decodeTaskHeaders(HeaderBlock.fromJson(json), properties);
}

const mutations = [
  'null',
  'true',
  '0',
  '-1',
  '1.5',
  '9007199254740993',
  '1e309',
  '-1000000000',
  '""',
  JSON.stringify('x'.repeat(1024 * 1024)),
  '"../../x"',
  '"\\u0000"',
  '"\\ud800"',
  '"a\\nb"',
  '"275761-01-01T00:00:00"',
  '"0000-01-01T00:00:00"',
  '"2030-01-02T03:04:05 Mars/Phobos"',
  '[]',
  '[1,2,3]',
  '[-1,null]',
  '["a",1e308]',
  '{}',
  '{"__proto__":{"x":1},"then":1,"toJSON":1,"constructor":{"prototype":{}}}',
  `${'['.repeat(1000)}${']'.repeat(1000)}`,
];

test('M2 every header with every wrong value is a ProtocolError with a reason, or a message that can be written again', () => {
  const reasons = new Set<string>();
  for (const name of [...KNOWN_HEADERS, 'x-own']) {
    for (const value of mutations) {
      const table = new Map([
        ['task', '"t"'],
        ['id', '"i"'],
        [name, value],
      ]);
      const json = `{${[...table].map(([key, text]) => `"${key}":${text}`).join(',')}}`;
      try {
        const message = decode(json);
        JSON.stringify([message.stamps, message.customHeaders, message.retries, message.etaEpochMs]);
      } catch (error) {
        if (!(error instanceof ProtocolError)) assert.fail(`${name}: ${value.slice(0, 40)}: ${String(error)}`);
        reasons.add(error.reason);
      }
    }
  }
  assert.deepStrictEqual(
    [...reasons].sort(),
    ['bad-id', 'bad-number', 'bad-time', 'malformed-header', 'too-deep', 'too-large-headers'].sort(),
  );
  assert.equal(({} as { x?: unknown }).x, undefined);
});

test('M10 ids of tasks and groups are words without blanks, slashes or signs; names of tasks may be any text', () => {
  for (const name of ['id', 'root_id', 'parent_id', 'group']) {
    for (const id of ['../../x', 'a b', 'é', 'x'.repeat(256), '', 'a\n']) {
      const table = { task: 't', id: 'i', [name]: id };
      assert.throws(() => decode(JSON.stringify(table)), { reason: 'bad-id' }, `${name} ${id}`);
    }
    const usual = { task: 't', id: 'i', [name]: 'Order-7.b:1_x' };
    assert.ok(decode(JSON.stringify(usual)));
  }
  assert.equal(decode('{"task":"größe/ändern 2","id":"i"}').task, 'größe/ändern 2');
});

test('M11 a time limit of more than ten years is ten years', () => {
  assert.deepStrictEqual(decode('{"task":"t","id":"i","timelimit":[1e300,1e9]}').timeLimitSeconds, 315_360_000);
});

test('the number of headers is limited, and neither a mapping nor a name of a prototype passes for headers', () => {
  const many = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`h${String(i)}`, 1]));
  assert.throws(() => decode(JSON.stringify({ task: 't', id: 'i', ...many })), { reason: 'too-many-headers' });
  assert.throws(() => decode('{"__proto__":{"task":"t","id":"i"}}'), { reason: 'unknown-message' });
  for (const json of ['[]', '5', 'null', '"x"', '{', '']) assert.throws(() => decode(json), ProtocolError, json);
});
