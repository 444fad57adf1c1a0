import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { EncodeError } from '../../../core/kernel/errors.js';
import { decodeJson } from '../../../core/protocol/json-decode.js';
import { encodeJson } from '../../../core/protocol/json-encode.js';
import { Decimal, PyDate, PyTime, Uuid, pyFloat } from '../../../core/protocol/python-values.js';

const scalar = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.bigInt({ min: -(2n ** 200n), max: 2n ** 200n }).filter((big) => big > 2n ** 53n || big < -(2n ** 53n)),
  fc.date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true }),
  fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  fc.uuid().map((text) => new Uuid(text)),
);
const { value: anyValue } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    fc.array(tie('value')),
    fc.dictionary(fc.string({ unit: 'binary' }), tie('value')),
  ),
}));

/** Dictionaries of fast-check may lack a prototype; decoded ones never do. */
function withPrototypes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withPrototypes);
  if (typeof value !== 'object' || value === null) return value;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) return value;
  const copy = {};
  for (const [name, field] of Object.entries(value)) {
    Object.defineProperty(copy, name, {
      value: withPrototypes(field),
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }
  return copy;
}

test('whatever is encoded decodes to the same value', () => {
  fc.assert(
    fc.property(anyValue, (value) => {
      assert.deepStrictEqual(decodeJson(Buffer.from(encodeJson(value), 'utf8')), withPrototypes(value));
    }),
  );
});

test('plain values are written as JSON.stringify writes them', () => {
  const value = { a: [1, 'é', null, true, undefined], b: undefined, c: { d: 1.5 } };
  assert.equal(encodeJson(value), '{"a":[1,"é",null,true,null],"c":{"d":1.5}}');
  assert.equal(encodeJson(undefined), 'null');
});

test('WIRE-27 typed values are written with the markers of kombu', () => {
  const cases: readonly (readonly [unknown, string])[] = [
    [new Date('2030-01-02T03:04:05.678Z'), '{"__type__":"datetime","__value__":"2030-01-02T03:04:05.678000+00:00"}'],
    [new Date('2030-01-02T03:04:05Z'), '{"__type__":"datetime","__value__":"2030-01-02T03:04:05+00:00"}'],
    [new PyDate(2030, 1, 2), '{"__type__":"date","__value__":"2030-01-02"}'],
    [new PyTime('03:04:05.000006'), '{"__type__":"time","__value__":"03:04:05.000006"}'],
    [new Decimal('10.250'), '{"__type__":"decimal","__value__":"10.250"}'],
    [
      new Uuid('12345678-1234-5678-1234-567812345678'),
      '{"__type__":"uuid","__value__":{"hex":"12345678123456781234567812345678"}}',
    ],
    [Buffer.from('abc'), '{"__type__":"bytes","__value__":"abc"}'],
    [new Uint8Array([0, 255, 254]), '{"__type__":"base64","__value__":"AP/+"}'],
  ];
  for (const [value, text] of cases) assert.equal(encodeJson(value), text);
});

test('NM-11 integers, floats and bigints keep their kind', () => {
  assert.equal(encodeJson([pyFloat(1), pyFloat(0.5), pyFloat(1e300)]), '[1.0,0.5,1e+300]');
  assert.equal(encodeJson(12345678901234567890123n), '12345678901234567890123');
  assert.equal(encodeJson([2 ** 60, -0, 1]), '[1.152921504606847e+18,-0.0,1]');
});

test('maps become objects, sets lists, and toJSON is honoured after typed values', () => {
  assert.equal(
    encodeJson(
      new Map<unknown, unknown>([
        ['a', 1],
        [2, new Set(['x'])],
      ]),
    ),
    '{"a":1,"2":["x"]}',
  );
  assert.equal(
    encodeJson({ url: new URL('http://a/'), own: { toJSON: (key: string) => `<${key}>` } }),
    '{"url":"http://a/","own":"<own>"}',
  );
});

test('what has no JSON form is refused with its path', () => {
  const cycle: Record<string, unknown> = {};
  cycle['self'] = [cycle];
  const cases: readonly (readonly [unknown, RegExp])[] = [
    [{ users: [{ call: () => 1 }] }, /\$\.users\[0\]\.call .*function/],
    [[Symbol('s')], /\$\[0\] .*symbol/],
    [cycle, /\$\.self\[0\] .*contains itself/],
    [{ n: NaN }, /\$\.n .*NaN/],
    [[Infinity], /\$\[0\] .*Infinity/],
    [{ e: new Error('x') }, /\$\.e .*Error/],
    [[Promise.resolve(1)], /\$\[0\] .*Promise/],
    [{ d: new Date(NaN) }, /\$\.d .*NaN ms/],
    [new Map([[{}, 1]]), /key of type object/],
  ];
  for (const [value, message] of cases) {
    assert.throws(
      () => encodeJson(value),
      (error) => error instanceof EncodeError && message.test(error.message),
    );
  }
});

test('a value nested deeper than a reader takes is refused', () => {
  const nest = (depth: number): unknown => (depth === 0 ? 1 : [nest(depth - 1)]);
  assert.equal(encodeJson(nest(64)).length, 129);
  assert.throws(() => encodeJson(nest(65)), /nested deeper than 64/);
});

test('WIRE-28 NaN and Infinity are written when the option allows it', () => {
  assert.equal(encodeJson([NaN, -Infinity], { allowNonFinite: true }), '[NaN,-Infinity]');
});
