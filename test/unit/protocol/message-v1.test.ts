import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ContentDisallowed } from '../../../core/kernel/errors.js';
import { HeaderBlock, type HeaderTable } from '../../../core/kernel/header-block.js';
import { decodeBody, EMPTY_EMBED } from '../../../core/protocol/body.js';
import { compressionNamed } from '../../../core/protocol/compression.js';
import { encodeMessageV1, upgradeMessageV1, type MessageParts } from '../../../core/protocol/message-v1.js';

const properties = { contentType: 'application/json', contentEncoding: 'utf-8' };
const accept = { accept: ['json'] };

function parts(body: unknown, headers: HeaderTable = {}): MessageParts {
  return { headers: HeaderBlock.fromTable(headers), properties, body: Buffer.from(JSON.stringify(body)) };
}

test('WIRE-07 a mapping becomes headers and [args, kwargs, embed]; taskset overrides group, other headers stay', () => {
  const signature = { task: 'cb', args: [], kwargs: {}, options: {}, subtask_type: null, immutable: false };
  const message = { task: 't', id: 'i', args: [1], kwargs: { k: 2 }, group: 'g', taskset: 'ts', retries: 3, utc: true };
  const upgraded = upgradeMessageV1(parts({ ...message, eta: null, callbacks: [signature] }, { trace: 'x' }), accept);
  assert.ok(upgraded !== null);
  assert.deepStrictEqual(upgraded.headers, {
    task: 't',
    id: 'i',
    eta: null,
    group: 'ts',
    retries: 3,
    argsrepr: '(1,)',
    kwargsrepr: "{'k': 2}",
    trace: 'x',
  });
  assert.deepStrictEqual(decodeBody(upgraded.body, upgraded, accept), {
    args: [1],
    kwargs: { k: 2 },
    embed: { ...EMPTY_EMBED, callbacks: [signature] },
  });
});

test('WIRE-06 of a hybrid the headers win; a body of protocol 2 is left as it is', () => {
  const headers = { task: 'header', id: 'h' };
  const hybrid = upgradeMessageV1(parts({ task: 'body', id: 'b', args: [1], retries: 2 }, headers), accept);
  assert.deepStrictEqual(
    { ...hybrid?.headers },
    { task: 'header', id: 'h', retries: 2, argsrepr: '(1,)', kwargsrepr: '{}' },
  );
  assert.equal(upgradeMessageV1(parts([[], {}, {}], headers), accept), null);
});

test('a compressed body comes back without compression, and without the header', () => {
  const { headers, body } = parts({ task: 't', id: 'i' }, { compression: 'application/x-gzip' });
  const packed = compressionNamed('zlib').compress(body);
  const upgraded = upgradeMessageV1({ headers, properties, body: packed }, accept);
  assert.deepStrictEqual({ ...upgraded?.headers }, { task: 't', id: 'i', argsrepr: '()', kwargsrepr: '{}' });
  assert.equal(
    Buffer.from(upgraded?.body ?? [])
      .toString()
      .slice(0, 6),
    '[[],{}',
  );
});

test('what names no task is an unknown message, and nothing is decoded that is not accepted', () => {
  for (const body of [{}, { args: [] }, [[], {}, {}], 5, null, 'task']) {
    assert.throws(() => upgradeMessageV1(parts(body), accept), { reason: 'unknown-message' });
  }
  assert.throws(() => upgradeMessageV1(parts({ task: 't', kwargs: null }), accept), { reason: 'malformed-body' });
  assert.throws(() => upgradeMessageV1(parts({ task: 't' }), { accept: ['yaml'] }), ContentDisallowed);
});

test('WIRE-07 a message is written in the fields and the order of Python', () => {
  const body = { args: [2], kwargs: { y: 3 }, embed: EMPTY_EMBED };
  const fields = { task: 'proj.add', id: 'i', groupId: 'g', groupIndex: 1, etaEpochMs: 0, timeLimitSeconds: 5 };
  const encoded = encodeMessageV1(fields, body, { serializer: 'json', compression: null });
  assert.equal(
    Buffer.from(encoded.body).toString(),
    '{"task":"proj.add","id":"i","args":[2],"kwargs":{"y":3},"group":"g","group_index":1,"retries":0,' +
      '"eta":"1970-01-01T00:00:00+00:00","expires":null,"utc":true,"callbacks":null,"errbacks":null,' +
      '"timelimit":[5,null],"taskset":"g","chord":null}',
  );
  const packed = encodeMessageV1(fields, body, { serializer: 'json', compression: 'zlib' });
  assert.equal(packed.compression, 'application/x-gzip');
  const headers = HeaderBlock.fromTable({ compression: packed.compression });
  const again = upgradeMessageV1({ headers, properties: packed, body: packed.body }, accept);
  assert.deepStrictEqual(again?.headers['timelimit'], [5, null]);
});
