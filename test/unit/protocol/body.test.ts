import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError, ContentDisallowed, ProtocolError } from '../../../core/kernel/errors.js';
import type { Serializer } from '../../../core/ports/serializer.js';
import { decodeBody, EMPTY_EMBED, encodeBody, encodeTaskBody, type TaskBody } from '../../../core/protocol/body.js';
import { registerType } from '../../../core/protocol/json-marker.js';
import { serializerNamed } from '../../../core/protocol/serializers.js';

const json = { contentType: 'application/json', contentEncoding: 'utf-8' };
const accept = { accept: ['json'] };

function decode(text: string): TaskBody {
  return decodeBody(Buffer.from(text), json, accept);
}

class Money {
  readonly cents: number;
  constructor(cents: number) {
    this.cents = cents;
  }
}

test('WIRE-01 a body is [args, kwargs, embed]', () => {
  const bytes = encodeBody([1, 'é'], { k: null });
  assert.equal(
    Buffer.from(bytes).toString(),
    '[[1,"é"],{"k":null},{"callbacks":null,"errbacks":null,"chain":null,"chord":null}]',
  );
  assert.deepStrictEqual(decodeBody(bytes, json, accept), { args: [1, 'é'], kwargs: { k: null }, embed: EMPTY_EMBED });
});

test('signatures in embed travel as they are, and null or {} is no embed', () => {
  const signature = { task: 't', args: [], kwargs: {}, options: {}, subtask_type: null, immutable: false, extra: 1 };
  const embed = { callbacks: [signature], errbacks: null, chain: [signature, signature], chord: signature };
  assert.deepStrictEqual(decodeBody(encodeBody([], {}, embed), json, accept).embed, embed);
  for (const text of ['[[],{},null]', '[[],{},{}]']) assert.equal(decode(text).embed, EMPTY_EMBED);
});

test('M12 other fields of embed are not read', () => {
  const { embed } = decode(
    '[[],{},{"chain":[],"delivery_info":{},"hostname":"x","reply_to":"y","__proto__":{"chord":{}}}]',
  );
  assert.deepStrictEqual(embed, { callbacks: null, errbacks: null, chain: [], chord: null });
});

test('M1 what is not [args, kwargs, embed] is a ProtocolError', () => {
  for (const text of [
    '',
    '5',
    'null',
    '"x"',
    '{}',
    '[]',
    '[[],{}]',
    '[[],{},{},{}]',
    '[null,{},{}]',
    '[[],null,{}]',
    '[[],[],{}]',
    '[[],{},5]',
    '[[],{},[]]',
    '[[],{},{}',
    '[[],{"__type__":"bytes","__value__":"x"},{}]',
    '[[],{},{"chain":{}}]',
    '[[],{},{"callbacks":[1]}]',
    '[[],{},{"chord":[]}]',
    '[[],{},{"errbacks":"x"}]',
  ]) {
    assert.throws(() => decode(text), ProtocolError, text);
  }
  assert.throws(() => decode(`[[],{},{"chain":[${'{},'.repeat(10_000)}{}]}]`), /more than 10000 signatures/);
});

test('M9 a call with a type that is not registered is refused with a reason of its own', () => {
  assert.throws(() => decode('[[{"a":{"__type__":"money","__value__":1}}],{},{}]'), { reason: 'unknown-type' });
  const undo = registerType({
    type: Money,
    marker: 'money',
    encode: ({ cents }) => cents,
    decode: (cents) => new Money(Number(cents)),
  });
  assert.deepStrictEqual(decode('[[{"__type__":"money","__value__":1}],{},{}]').args, [new Money(1)]);
  undo();
});

test('WIRE-06 the mapping of protocol 1 in a message with headers of protocol 2 is read, its other fields are not', () => {
  const signature = { task: 't', args: [], kwargs: {}, options: {}, subtask_type: null, immutable: false };
  const body = decode(JSON.stringify({ task: 'x', args: [1], callbacks: [signature], chain: [signature], eta: 5 }));
  assert.deepStrictEqual(body, {
    args: [1],
    kwargs: {},
    embed: { callbacks: [signature], errbacks: null, chain: null, chord: null },
  });
  for (const text of ['{"args":null}', '{"args":[],"kwargs":null}', '{"args":[],"callbacks":5}', '{"kwargs":{}}']) {
    assert.throws(() => decode(text), { reason: 'malformed-body' }, text);
  }
});

test('WIRE-30 a body is compressed as its call says, and the header tells the reader how', () => {
  const call = { args: ['é'.repeat(1000)], kwargs: {}, embed: EMPTY_EMBED };
  const plain = encodeTaskBody(call, { serializer: 'json', compression: null });
  assert.deepStrictEqual(plain, { body: encodeBody(call.args, {}), ...json, compression: null });
  const { body, ...content } = encodeTaskBody(call, { serializer: 'json', compression: 'gzip' });
  assert.deepStrictEqual(content, { ...json, compression: 'application/x-gzip' });
  assert.ok(body.length < 200 && body[0] === 0x78, 'a zlib stream');
  assert.deepStrictEqual(decodeBody(body, content, accept), call);
  assert.deepStrictEqual(decodeBody(body, { ...content, compression: 'zlib' }, accept), call);
  for (const compression of [null, '', 'application/x-brotli']) {
    assert.throws(() => decodeBody(body, { ...content, compression }, accept), ProtocolError);
  }
  assert.throws(() => encodeTaskBody(call, { serializer: 'json', compression: 'zip' }), ConfigError);
});

test('the size of a message is bounded as it came and as it decompresses', () => {
  const call = { args: ['x'.repeat(100_000)], kwargs: {}, embed: EMPTY_EMBED };
  const limits = { maxBytes: 50_000, maxDepth: 64, maxNodes: 1000, maxStringBytes: 50_000 };
  for (const compression of [null, 'zlib']) {
    const { body, ...content } = encodeTaskBody(call, { serializer: 'json', compression });
    assert.throws(() => decodeBody(body, content, { ...accept, limits }), { reason: 'too-large' });
    const roomy = { ...limits, maxBytes: 200_000 };
    assert.throws(() => decodeBody(body, content, { ...accept, limits: roomy }), { reason: 'too-long-string' });
  }
});

test('M3 no decoder sees a body whose content type or encoding is not accepted', () => {
  const seen: string[] = [];
  const spy = (name: string, contentType: string): Serializer => ({
    name,
    contentType,
    contentEncoding: 'binary',
    encode: () => Buffer.from(name),
    decode: () => {
      seen.push(name);
      return [[], {}, null];
    },
  });
  const serializers = [spy('json', 'application/json'), spy('pickle', 'application/x-python-serialize')];
  const options = { accept: ['json'], serializers };
  for (const contentType of [
    'application/x-python-serialize',
    'application/x-yaml',
    'application/data',
    '',
    '__proto__',
    'x'.repeat(1000),
  ]) {
    assert.throws(
      () => decodeBody(Buffer.from('x'), { contentType, contentEncoding: 'binary' }, options),
      ContentDisallowed,
    );
  }
  for (const contentEncoding of ['utf-16', 'gzip', 'latin-1']) {
    assert.throws(
      () => decodeBody(Buffer.from('x'), { contentType: 'application/json', contentEncoding }, options),
      ContentDisallowed,
    );
  }
  assert.deepStrictEqual(seen, []);
  decodeBody(
    Buffer.from('x'),
    { contentType: 'application/x-python-serialize', contentEncoding: 'binary' },
    { accept: ['application/x-python-serialize'], serializers },
  );
  decodeBody(Buffer.from('x'), { contentType: 'application/json', contentEncoding: 'UTF-8' }, options);
  assert.deepStrictEqual(seen, ['pickle', 'json']);
});

test('an unknown serializer is a ConfigError', () => {
  assert.equal(serializerNamed('application/json').name, 'json');
  assert.throws(() => serializerNamed('jsn'), ConfigError);
});
