import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError, ContentDisallowed, ProtocolError } from '../../../core/kernel/errors.js';
import type { Serializer } from '../../../core/ports/serializer.js';
import { decodeBody, EMPTY_EMBED, encodeBody, encodeBodyWith, type TaskBody } from '../../../core/protocol/body.js';
import { serializerNamed } from '../../../core/protocol/serializers.js';

const json = { contentType: 'application/json', contentEncoding: 'utf-8' };
const accept = { accept: ['json'] };

function decode(text: string): TaskBody {
  return decodeBody(Buffer.from(text), json, accept);
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

test('a body of protocol 1 is a ProtocolError that says so', () => {
  assert.throws(() => decode('{"task":"t","id":"i","args":[],"kwargs":{}}'), /protocol 1/);
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
  assert.equal(
    Buffer.from(
      encodeBodyWith(serializers[1] ?? assert.fail(), { args: [], kwargs: {}, embed: EMPTY_EMBED }),
    ).toString(),
    'pickle',
  );
});

test('an unknown serializer is a ConfigError', () => {
  assert.equal(serializerNamed('application/json').name, 'json');
  assert.throws(() => serializerNamed('jsn'), ConfigError);
});
