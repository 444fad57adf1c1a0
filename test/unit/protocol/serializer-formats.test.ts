/** The formats beside JSON: what they carry, what they refuse, and that hostile bytes cost little. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ContentDisallowed, EncodeError, ProtocolError } from '../../../core/kernel/errors.js';
import { DEFAULT_MESSAGE_LIMITS } from '../../../core/protocol/message-limits.js';
import { PyDateTime } from '../../../core/protocol/python-datetime.js';
import { Decimal, PyDate, pyFloat } from '../../../core/protocol/python-values.js';
import { acceptedSerializer, registerSerializer, serializerNamed } from '../../../core/protocol/serializers.js';

const limits = { maxBytes: 1_000_000, maxDepth: 5, maxNodes: 50, maxStringBytes: 100 };

function roundTrip(name: string, value: unknown): unknown {
  const serializer = serializerNamed(name);
  return serializer.decode(serializer.encode(value), DEFAULT_MESSAGE_LIMITS);
}

const plain = [
  null,
  true,
  0,
  -1,
  1.5,
  2 ** 53 - 1,
  1e300,
  12345678901234567890n,
  -9223372036854775808n,
  '',
  'é\u0000\u2028😀',
  'yes',
  '2030-01-02',
  '0o17',
  '1:30',
  '=',
  '<<',
  { a: [{}, []], ' ': 1 },
];

for (const name of ['msgpack', 'yaml']) {
  test(`WIRE-22 WIRE-23 ${name} carries data, bytes and integers of 64 bits`, () => {
    assert.deepStrictEqual(roundTrip(name, plain), plain);
    const bytes = Buffer.from([0, 255, 10]);
    assert.deepStrictEqual(roundTrip(name, [bytes, new Uint8Array([1])]), [bytes, Buffer.from([1])]);
    assert.deepStrictEqual(roundTrip(name, [new Map([['k', new Set([1])]]), undefined, { a: undefined }]), [
      { k: [1] },
      null,
      {},
    ]);
  });

  test(`M5 ${name}: __proto__ is a name like any other`, () => {
    const value = JSON.parse('{"__proto__":{"x":1},"constructor":2}') as object;
    const again = roundTrip(name, value) as object;
    assert.deepStrictEqual(Object.keys(again), ['__proto__', 'constructor']);
    assert.equal(({} as { x?: unknown }).x, undefined);
    assert.equal(Object.getPrototypeOf(again), Object.prototype);
  });

  test(`${name} refuses with the path what it cannot carry`, () => {
    const serializer = serializerNamed(name);
    const loop: unknown[] = [];
    loop.push({ loop });
    for (const value of [[() => 1], [Symbol('x')], [new Error('x')], loop, [/x/]]) {
      assert.throws(() => serializer.encode(value), { name: 'EncodeError', message: /^cannot encode \$\[0\]/ });
    }
  });

  test(`M6 ${name}: depth, values, texts and malformed bytes are a ProtocolError`, () => {
    const serializer = serializerNamed(name);
    const reason = (value: unknown): string => {
      try {
        serializer.decode(serializer.encode(value), limits);
      } catch (error) {
        if (error instanceof ProtocolError) return error.reason;
      }
      return 'read';
    };
    assert.equal(reason([[[[[]]]]]), 'read');
    assert.equal(reason([[[[[[]]]]]]), 'too-deep');
    assert.equal(reason(Array.from({ length: 60 }, () => 1)), 'too-many-values');
    assert.equal(reason('x'.repeat(101)), 'too-long-string');
  });
}

test('M3 MessagePack with extension types, other keys, claims of size or bad text is refused before it is built', () => {
  const decode = (bytes: Uint8Array, bounds = limits): unknown => serializerNamed('msgpack').decode(bytes, bounds);
  for (const [hex, reason] of [
    ['d60000000000', 'undecodable'],
    ['d4ff00', 'undecodable'],
    ['c70100ff', 'undecodable'],
    ['8101c0', 'undecodable'],
    ['81c40161c0', 'undecodable'],
    ['c1', 'undecodable'],
    ['', 'undecodable'],
    ['92', 'undecodable'],
    ['c0c0', 'undecodable'],
    ['a2c328', 'bad-text'],
    ['ddffffffff', 'too-many-values'],
    ['dfffffffff', 'too-many-values'],
    ['dbffffffff', 'too-long-string'],
    ['9191919191919191', 'too-deep'],
  ] as const) {
    assert.throws(() => decode(Buffer.from(hex, 'hex'), limits), { name: 'ProtocolError', reason }, hex);
  }
  const deep = Buffer.alloc(1_000_000, 0x91);
  assert.throws(() => decode(deep, DEFAULT_MESSAGE_LIMITS), { reason: 'too-deep' });
});

test('msgpack has no dates and no decimals, as in Python', () => {
  const encode = (value: unknown): Uint8Array => serializerNamed('msgpack').encode(value);
  for (const value of [new Date(0), new PyDate(2030, 1, 2), new Decimal('1.0')]) {
    assert.throws(() => encode([value]), EncodeError);
  }
  assert.throws(() => encode([2n ** 64n]), EncodeError);
});

test('WIRE-22 yaml has dates, floats and timestamps of Python', () => {
  const value = [new Date(Date.UTC(2030, 0, 2)), new PyDate(2030, 1, 2), new PyDateTime('2030-01-02T03:04:05.678901')];
  assert.deepStrictEqual(roundTrip('yaml', value), value);
  const text = Buffer.from(serializerNamed('yaml').encode([pyFloat(1), 1e20, NaN, -Infinity])).toString();
  assert.equal(text, '[1.0,1.0e+20,.nan,-.inf]\n');
  const read = (yaml: string): unknown => serializerNamed('yaml').decode(Buffer.from(yaml), limits);
  assert.deepStrictEqual(read('- 2030-1-2 3:04:05.5 +1\n- 2030-01-02 03:04:05Z\n- yes\n- 017\n- 1_000'), [
    new PyDateTime('2030-01-02T03:04:05.500000+01:00'),
    new Date(Date.UTC(2030, 0, 2, 3, 4, 5)),
    true,
    15,
    1000,
  ]);
});

test('M7 yaml: bombs of aliases, unknown tags and depth beyond the stack are a ProtocolError', () => {
  const decode = (bytes: Uint8Array, bounds = limits): unknown => serializerNamed('yaml').decode(bytes, bounds);
  const bomb = ['a: &a [x,x,x,x,x,x,x,x,x]'];
  for (let i = 0; i < 8; i++) {
    const [name, before] = [String.fromCharCode(98 + i), String.fromCharCode(97 + i)];
    bomb.push(`${name}: &${name} [${Array.from({ length: 9 }, () => `*${before}`).join(',')}]`);
  }
  for (const text of [
    bomb.join('\n'),
    '!!python/object/apply:os.system ["true"]',
    '!unknown x',
    '['.repeat(100_000),
    '&a [*a]',
    '{',
    '- 1\n--- 2',
    '*x',
  ]) {
    assert.throws(() => decode(Buffer.from(text), DEFAULT_MESSAGE_LIMITS), ProtocolError, text.slice(0, 40));
  }
});

test('M7 yaml: neither depth, which V8 would end the process for, nor a flood of values reaches the composer', () => {
  const read = (text: string): unknown => serializerNamed('yaml').decode(Buffer.from(text), DEFAULT_MESSAGE_LIMITS);
  for (const level of ['[', '{', '- ', '? ', 'a: ']) {
    assert.throws(() => read(level.repeat(5_000)), { reason: 'too-deep' }, level);
  }
  for (const text of [`[${'1,'.repeat(300_000)}]`, '\n'.repeat(600_000)]) {
    assert.throws(() => read(text), { reason: 'too-many-values' });
  }
  // The deepest that is read, in flow and in blocks.
  const depth = DEFAULT_MESSAGE_LIMITS.maxDepth;
  for (const text of [`${'['.repeat(depth)}${']'.repeat(depth)}`, `${'- '.repeat(depth)}1`]) {
    assert.ok(Array.isArray(read(text)));
  }
});

test('WIRE-25 raw carries bytes and text as they are, and nothing else', () => {
  const bytes = Buffer.from([0, 255]);
  assert.deepStrictEqual(roundTrip('raw', bytes), bytes);
  assert.deepStrictEqual(roundTrip('raw', 'é'), Buffer.from('é'));
  assert.equal(roundTrip('text', 'é'), 'é');
  for (const name of ['raw', 'text']) assert.throws(() => serializerNamed(name).encode([1]), EncodeError);
  assert.throws(() => serializerNamed('text').decode(Buffer.from([255]), limits), { reason: 'bad-text' });
});

test('WIRE-26 a format of the application takes the place of ours until it is taken back', () => {
  const content = { contentType: 'application/x-rot', contentEncoding: 'binary' };
  const undo = registerSerializer({ name: 'rot', ...content, encode: () => Buffer.from('x'), decode: () => 'rot' });
  const undoJson = registerSerializer({
    name: 'json',
    contentType: 'application/json',
    contentEncoding: 'utf-8',
    encode: () => Buffer.from('mine'),
    decode: () => 'mine',
  });
  assert.equal(acceptedSerializer(content, { accept: ['rot'] }).decode(Buffer.from(''), limits), 'rot');
  assert.equal(Buffer.from(serializerNamed('json').encode(1)).toString(), 'mine');
  undoJson();
  assert.equal(Buffer.from(serializerNamed('json').encode(1)).toString(), '1');
  undo();
  assert.throws(() => acceptedSerializer(content, { accept: ['rot'] }), ContentDisallowed);
});
