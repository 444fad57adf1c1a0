import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ProtocolError } from '../../../core/kernel/errors.js';
import { decodeJson } from '../../../core/protocol/json-decode.js';
import { parseExactJson } from '../../../core/protocol/json-parser.js';
import { PyDateTime } from '../../../core/protocol/python-datetime.js';
import { Decimal, PyDate, PyTime, Uuid } from '../../../core/protocol/python-values.js';

test('NM-11 integers beyond 2^53 arrive as bigint, all other numbers as number', () => {
  assert.deepStrictEqual(
    decodeJson('[9007199254740991, 9007199254740993, -12345678901234567890, 1.0000000000000000001, 1e20]'),
    [9007199254740991, 9007199254740993n, -12345678901234567890n, 1, 1e20],
  );
});

test('WIRE-28 NaN and Infinity of Python are read', () => {
  assert.deepStrictEqual(decodeJson('{"a": [NaN, Infinity, -Infinity]}'), { a: [NaN, Infinity, -Infinity] });
});

test('the exact parser reads all JSON as JSON.parse does', () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary' }), fc.constantFrom(0, 1, 2), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      fc.pre(!/\d{16,}/.test(text));
      assert.deepStrictEqual(parseExactJson(text), JSON.parse(text));
    }),
  );
});

test('WIRE-27 markers become typed values, also inside values that need the exact parser', () => {
  const text =
    '[12345678901234567890, {"d": {"__type__": "datetime", "__value__": "2030-01-02T03:04:05.678901+02:00"}},' +
    '{"__type__": "date", "__value__": "2030-01-02"}, {"__type__": "date", "__value__": "2030-01-02T10:00:00"},' +
    '{"__type__": "time", "__value__": "03:04:05.000006+02:00"}, {"__type__": "decimal", "__value__": "NaN"},' +
    '{"__type__": "uuid", "__value__": {"hex": "12345678123456781234567812345678", "version": 4}},' +
    '{"__type__": "bytes", "__value__": "é"}, {"__type__": "base64", "__value__": "AP/+"}]';
  assert.deepStrictEqual(decodeJson(text), [
    12345678901234567890n,
    { d: new PyDateTime('2030-01-02T03:04:05.678901+02:00') },
    new PyDate(2030, 1, 2),
    new PyDate(2030, 1, 2),
    new PyTime('03:04:05.000006+02:00'),
    new Decimal('NaN'),
    new Uuid('12345678123456781234567812345678'),
    Buffer.from('é'),
    Buffer.from([0, 255, 254]),
  ]);
});

test('M9 an unknown marker and an object with one key more stay plain objects', () => {
  for (const text of [
    '{"__type__":"money","__value__":1}',
    '{"__type__":"date","__value__":"x","more":1}',
    '{"__type__":1,"__value__":1}',
  ]) {
    assert.deepStrictEqual(decodeJson(text), JSON.parse(text));
  }
});

test('M9 a marker with a value that is none is a ProtocolError, also when its letters are escaped', () => {
  for (const text of [
    '{"__type__":"datetime","__value__":5}',
    '{"__type__":"datetime","__value__":"yesterday"}',
    '{"__type__":"date","__value__":"2030-13-01"}',
    '{"__type__":"time","__value__":"25:00:00"}',
    '{"__type__":"decimal","__value__":"1,5"}',
    '{"__type__":"uuid","__value__":"12"}',
    '{"__type__":"uuid","__value__":{"hex":"xyz"}}',
    '{"__type__":"bytes","__value__":null}',
    '{"__t\\u0079pe__":"bytes","__value__":null}',
  ]) {
    assert.throws(() => decodeJson(text), ProtocolError, text);
  }
});

test('M5 keys with a meaning in JavaScript are data, and Object.prototype stays as it was', async () => {
  const before = Object.getOwnPropertyNames(Object.prototype);
  for (const big of ['1', '12345678901234567890', 'NaN', '{"__type__":"bytes","__value__":"x"}']) {
    const value = decodeJson(
      `{"__proto__":{"polluted":{"__type__":"bytes","__value__":"y"}},"constructor":{"prototype":{"polluted":1}},"then":${big},"toJSON":1,"toString":2}`,
    ) as Record<string, unknown>;
    assert.deepStrictEqual(Object.keys(value), ['__proto__', 'constructor', 'then', 'toJSON', 'toString']);
    assert.equal(Object.getPrototypeOf(value), Object.prototype);
    assert.equal(await Promise.resolve(value), value, 'a then key must not make a thenable');
  }
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
  assert.deepStrictEqual(Object.getOwnPropertyNames(Object.prototype), before);
});

test('M6 depth, number of values and bytes are limited before anything is built', () => {
  const limits = { maxDepth: 3, maxNodes: 10, maxStringBytes: 10_000, maxBytes: 100 };
  assert.deepStrictEqual(decodeJson('[[[1]]]', limits), [[[1]]]);
  assert.throws(() => decodeJson('[[[[1]]]]', limits), /nested deeper than 3/);
  assert.throws(() => decodeJson('[0,1,2,3,4,5,6,7,8,9]', limits), /more than 10 values/);
  assert.throws(() => decodeJson(JSON.stringify('x'.repeat(100)), limits), /limit of 100/);
  assert.deepStrictEqual(decodeJson('"[[[[[[,,,,,,,,,,,,,,\\"[[[["', limits), '[[[[[[,,,,,,,,,,,,,,"[[[[');
});

test('M6 a million brackets, keys or digits end in ProtocolError without harm', () => {
  for (const text of [
    '['.repeat(1_000_000),
    '{"a":'.repeat(1_000_000),
    '9'.repeat(1_000_000),
    `[${'1,'.repeat(1_000_001)}1]`,
  ]) {
    assert.throws(() => decodeJson(text), ProtocolError);
  }
});

test('duplicate keys: the last one wins, as in Python', () => {
  assert.deepStrictEqual(decodeJson('{"a":1,"a":2}'), { a: 2 });
  assert.deepStrictEqual(decodeJson('{"a":1,"a":12345678901234567890}'), { a: 12345678901234567890n });
});

test('M1, M8 bytes that are no UTF-8 or no JSON are a ProtocolError; those that are come through exactly', () => {
  for (const hex of [
    '',
    'ff',
    '22c0af22',
    '22eda08022',
    'efbbbf31',
    '7b',
    '5b312c',
    '22',
    '6e756c6c6c',
    '3031',
    '2278',
  ]) {
    assert.throws(() => decodeJson(Buffer.from(hex, 'hex')), ProtocolError, hex);
  }
  assert.equal(decodeJson('"\\u0000\\ud800\u202e"'), '\u0000\ud800\u202e');
});

test('random bytes give a value or a ProtocolError, nothing else', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array(),
        fc.string().map((text) => Buffer.from(text)),
        fc.json().map((text) => Buffer.from(text.slice(1))),
      ),
      (bytes) => {
        try {
          decodeJson(bytes);
        } catch (error) {
          assert.ok(error instanceof ProtocolError);
        }
      },
    ),
  );
});

test('a body in shared memory is read like any other', () => {
  const shared = new Uint8Array(new SharedArrayBuffer(16), 4, 9);
  shared.set(Buffer.from('["h\u00e9",1]'));
  assert.deepStrictEqual(decodeJson(shared), ['h\u00e9', 1]);
});
