/**
 * Random messages through every serializer and compression, there and back (WIRE-20 to 30). 300 in all; with
 * CELERIAC_FULL=1, 10,000. fast-check prints the seed of a failure.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as zlib from 'node:zlib';
import fc from 'fast-check';
import { ProtocolError } from '../../core/kernel/errors.js';
import { decodeBody, encodeTaskBody, type Embed } from '../../core/protocol/body.js';
import { PyDateTime } from '../../core/protocol/python-datetime.js';
import { Decimal, PyDate, PyTime, Uuid } from '../../core/protocol/python-values.js';

const serializers = ['json', 'msgpack', 'yaml', 'pickle'];
const compressions = [null, 'zlib', 'brotli', ...('zstdCompressSync' in zlib ? ['zstd'] : [])];
const isFull = process.env['CELERIAC_FULL'] !== undefined;
const numRuns = Math.ceil((isFull ? 10_000 : 300) / serializers.length);

const integer = fc.oneof(
  fc.maxSafeInteger(),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }).filter((value) => !Number.isSafeInteger(Number(value))),
);
/** Whole floats come back as integers beyond 2^53, and -0 has no place in MessagePack. */
const float = fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => !Number.isInteger(value));
const text = fc.string({ unit: 'binary' }).filter((value) => Buffer.from(value).toString() === value);
const plain = fc.oneof(fc.constant(null), fc.boolean(), integer, float, text);
const bytes = fc.uint8Array({ maxLength: 20 }).map((value) => Buffer.from(value));
const two = (n: number): string => String(n).padStart(2, '0');
const typed = fc.oneof(
  fc.date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true }),
  fc
    .tuple(
      fc.integer({ min: 1, max: 28 }),
      fc.integer({ min: 1, max: 999_999 }),
      fc.constantFrom('', '+00:00', '-05:30'),
    )
    .map(([day, micros, offset]) =>
      PyDateTime.read(`2030-01-${two(day)}T03:04:05.${String(micros).padStart(6, '0')}${offset}`),
    ),
  fc.integer({ min: 1, max: 28 }).map((day) => new PyDate(2030, 2, day)),
);
const jsonTyped = fc.oneof(
  typed,
  fc.constantFrom(new PyTime('03:04:05.000006+02:00'), new Decimal('-1.50E+3'), new Decimal('NaN')),
  fc.uuid().map((value) => new Uuid(value)),
);
const leaves: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  json: fc.oneof(plain, bytes, jsonTyped),
  msgpack: fc.oneof(plain, bytes),
  yaml: fc.oneof(plain, bytes, typed),
  pickle: fc.oneof(plain, bytes, jsonTyped),
};

function valuesOf(serializer: string): fc.Arbitrary<unknown> {
  const leaf = leaves[serializer] ?? plain;
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 5, depthSize: 'small' },
      leaf,
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(text, tie('value'), { maxKeys: 4, noNullPrototype: true }),
    ),
  }));
  return value;
}

const signature = fc.record(
  {
    task: text,
    args: fc.array(integer, { maxLength: 2 }),
    kwargs: fc.constant({}),
    options: fc.constant({ task_id: 'x' }),
    subtask_type: fc.constant(null),
    immutable: fc.boolean(),
  },
  { noNullPrototype: true },
);
const signatures = fc.option(fc.array(signature, { maxLength: 2 }));
const embed: fc.Arbitrary<Embed> = fc.record(
  { callbacks: signatures, errbacks: signatures, chain: signatures, chord: fc.option(signature) },
  { noNullPrototype: true },
);

for (const serializer of serializers) {
  const value = valuesOf(serializer);
  const kwargs = fc.dictionary(text, value, { maxKeys: 4, noNullPrototype: true });
  const message = fc.record({ args: fc.array(value, { maxLength: 4 }), kwargs, embed }, { noNullPrototype: true });

  test(`random messages as ${serializer}, in every compression, come back as they went`, () => {
    fc.assert(
      fc.property(message, fc.constantFrom(...compressions), (body, compression) => {
        const { body: packed, ...content } = encodeTaskBody(body, { serializer, compression });
        const again = decodeBody(packed, content, { accept: [serializer] });
        assert.deepStrictEqual({ ...again, embed: { ...again.embed } }, body);
      }),
      { numRuns },
    );
  });

  test(`bytes changed at random as ${serializer} are read or are a ProtocolError`, () => {
    const change = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(
        message,
        fc.constantFrom(...compressions),
        fc.array(change, { minLength: 1 }),
        (body, compression, changes) => {
          const { body: packed, ...content } = encodeTaskBody(body, { serializer, compression });
          const bad = Buffer.from(packed);
          for (const [at, byte] of changes) bad[at % bad.length] = byte;
          try {
            decodeBody(bad, content, { accept: [serializer] });
          } catch (error) {
            if (!(error instanceof ProtocolError)) assert.fail(String(error));
          }
        },
      ),
      { numRuns },
    );
    assert.equal(({} as { x?: unknown }).x, undefined);
  });
}
