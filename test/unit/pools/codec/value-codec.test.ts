import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { ProtocolError } from '../../../../core/kernel/errors.js';
import { BodyForm, formOfHead, headOf, nameOfHead } from '../../../../pools/codec/body-form.js';
import { ValueDecoder } from '../../../../pools/codec/value-decoder.js';
import { ValueEncoder } from '../../../../pools/codec/value-encoder.js';
import { ValueTag } from '../../../../pools/codec/value-tag.js';

const encoder = new ValueEncoder();
const decoder = new ValueDecoder();

function roundTrip(value: unknown): unknown {
  encoder.encode(value);
  // From other memory, as in a ring.
  const bytes = Buffer.from(new SharedArrayBuffer(encoder.end - encoder.start + 3));
  bytes.set(encoder.buffer.subarray(encoder.start, encoder.end), 3);
  const decoded = decoder.decode(bytes, 3, bytes.length, encoder.form);
  bytes.fill(0xee);
  return decoded;
}

function isPlainForm(value: unknown): boolean {
  encoder.encode(value);
  return encoder.form === BodyForm.VALUE && encoder.buffer[encoder.start] !== ValueTag.V8;
}

describe('the default codec of run()', () => {
  it('forgets a value whose getter threw', () => {
    const part = {};
    const value = {
      part,
      get trap(): never {
        throw new RangeError('sprung');
      },
    };
    assert.throws(() => {
      encoder.encode(value);
    }, RangeError);
    assert.ok(isPlainForm(part));
  });

  it('gives back what structured clone gives, for any nesting of its types', () => {
    const anything = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withTypedArray: true,
      withSparseArray: true,
      withNullPrototype: true,
      key: fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'length', 'ä', '7')),
    });
    fc.assert(
      fc.property(anything, (value) => {
        // deepStrictEqual finds no invalid date equal to another, not even to itself.
        fc.pre(!inspect(value, { depth: Infinity }).includes('Invalid Date'));
        assert.deepStrictEqual(roundTrip(value), structuredClone(value));
      }),
      { numRuns: 2_000 },
    );
  });

  it('keeps numbers, lone surrogates and long texts exactly', () => {
    const values = [
      0,
      -0,
      NaN,
      Infinity,
      -Infinity,
      2 ** 31,
      -(2 ** 31),
      2 ** 31 - 1,
      1e-320,
      0.1,
      '\ud800',
      'x'.repeat(3000),
    ];
    for (const value of [...values, 'ü'.repeat(60), 'a'.repeat(60), '']) {
      assert.ok(Object.is(roundTrip(value), value), String(value).slice(0, 20));
    }
  });

  it('carries plain values in its own form, small or large, and all else by v8', () => {
    const rows = Array.from({ length: 20_000 }, (_, id) => ({
      id,
      sku: `article-${String(id)}`,
      tags: ['ä'],
      at: new Date(id),
    }));
    const manyKeys = Object.fromEntries(Array.from({ length: 255 }, (_, n) => [`k${String(n)}`, n]));
    const plain = [
      undefined,
      1,
      'text',
      { a: [1, { b: null }] },
      [new Uint8Array(9)],
      Object.create(null) as object,
      new Date(0),
    ];
    for (const value of [...plain, 'x'.repeat(5_000), Array(64).fill(0.5), rows, manyKeys]) {
      assert.ok(isPlainForm(value));
      assert.deepStrictEqual(roundTrip(value), structuredClone(value));
    }
    const shared = { a: 1 };
    class Point {
      x = 1;
    }
    class Moment extends Date {}
    const others = [new Map(), 1n, [shared, shared], new Point(), [, 1], Array(100).fill(0), /x/, new Moment(0)];
    for (const value of [
      ...(others as readonly unknown[]),
      [...rows, rows[0]],
      { ['k'.repeat(99)]: 1 },
      { ...manyKeys, last: 1 },
    ]) {
      assert.ok(!isPlainForm(value));
      assert.deepStrictEqual(roundTrip(value), structuredClone(value));
    }
  });

  it('tells objects of other keys, or the same keys in another order, from those before', () => {
    const names = Array.from({ length: 300 }, (_, n) => `k${String(n)}`);
    const rows = names.flatMap((name) => [{ [name]: 1, x: 2 }, { x: 1, [name]: 2 }, { [name]: 3, x: 4 }, {}]);
    assert.ok(isPlainForm(rows));
    assert.equal(JSON.stringify(roundTrip(rows)), JSON.stringify(rows));
  });

  it('goes to v8 for what is nested too deep to be written by calls', () => {
    const nested = (depth: number): unknown => new Array<null>(depth).fill(null).reduce<unknown>((inner) => [inner], 0);
    assert.ok(isPlainForm(nested(100)) && !isPlainForm(nested(101)));
    assert.deepStrictEqual(roundTrip(nested(100)), nested(100));
    assert.deepStrictEqual(roundTrip(nested(101)), nested(101));
  });

  it('keeps a date that is none', () => {
    assert.ok(isPlainForm(new Date(NaN)));
    assert.ok(Number.isNaN((roundTrip(new Date(NaN)) as Date).getTime()));
  });

  it('keeps repeated references and cycles', () => {
    const node: { self?: unknown; twin?: unknown[] } = {};
    node.self = node;
    const copy = roundTrip(node) as typeof node;
    assert.equal(copy.self, copy);
    const shared = { a: 1 };
    const [first, second] = roundTrip([shared, shared]) as [unknown, unknown];
    assert.equal(first, second);
  });

  it('carries bytes bare, from memory of a ring to memory of their own', () => {
    for (const length of [0, 1, 100, 4_096, 100_000]) {
      const source = Buffer.alloc(length + 2, 7);
      const view = new Uint8Array(source.buffer, source.byteOffset + 1, length);
      for (const bytes of [view, Buffer.from(view.buffer, view.byteOffset, length)]) {
        const copy = roundTrip(bytes) as Uint8Array;
        assert.deepStrictEqual(copy, bytes);
        assert.equal(copy.buffer.byteLength, length);
      }
    }
  });

  it('takes bytes that came out of band as they are', () => {
    const bytes = Buffer.allocUnsafeSlow(100).fill(7);
    const value = decoder.decode(bytes, 0, 100, BodyForm.BYTES) as Uint8Array;
    assert.ok(value.buffer === bytes.buffer && !Buffer.isBuffer(value));
    assert.equal(decoder.decode(bytes, 0, 100, BodyForm.BUFFER), bytes);
    assert.notEqual((decoder.decode(bytes, 0, 99, BodyForm.BYTES) as Uint8Array).buffer, bytes.buffer);
  });

  it('leaves short bytes where they are when it may, and never what its caller may change', () => {
    const bytes = new Uint8Array(100).fill(7);
    encoder.encode(bytes, true);
    assert.ok(encoder.buffer.buffer === bytes.buffer && !encoder.isOwnBuffer);
    for (const [value, mayBorrow] of [
      [bytes, false],
      [new Uint8Array(100_000), true],
    ] as const) {
      encoder.encode(value, mayBorrow);
      assert.notEqual(encoder.buffer.buffer, value.buffer);
    }
  });

  it('says what is bare before the name of the function', () => {
    for (const form of Object.values(BodyForm)) {
      for (const name of ['', 'sum', 'ä']) {
        const head = headOf(name, form);
        assert.deepEqual([formOfHead(head), nameOfHead(head, form)], [form, name]);
      }
    }
  });

  it('keeps errors with their cause', () => {
    const copy = roundTrip(new TypeError('outer', { cause: new RangeError('inner') }));
    assert.ok(copy instanceof TypeError && copy.cause instanceof RangeError);
    assert.equal(copy.cause.message, 'inner');
  });

  it('refuses what structured clone refuses', () => {
    for (const value of [() => 1, { f: () => 1 }, Symbol('s'), [Symbol('s')]]) {
      assert.throws(() => roundTrip(value), { name: 'DataCloneError', code: 25, message: /could not be cloned/ });
    }
    const { port1 } = new MessageChannel();
    assert.throws(() => roundTrip({ port1 }), { name: 'DataCloneError', message: /Unserializable host object/ });
    port1.close();
  });

  it('leaves shared memory to a message wherever in a value it is, and copies none of it', () => {
    const memory = new SharedArrayBuffer(8);
    const view = new Uint8Array(memory);
    for (const value of [memory, view, Buffer.from(memory), new Map([[1, { list: [1, new DataView(memory)] }]])]) {
      assert.equal(encoder.encode(value), false);
    }
    assert.equal(encoder.encode(new Map([[1, new Float64Array(3)]])), true);
    assert.deepStrictEqual(roundTrip([view.slice()]), [new Uint8Array(8)]);
  });

  it('keeps earlier values when more are encoded', () => {
    const kept: { readonly buffer: Buffer; readonly start: number; readonly end: number; readonly value: unknown }[] =
      [];
    for (let i = 0; i < 5_000; i++) {
      const value = { i, text: 'x'.repeat(i % 500 === 0 ? 20_000 : i % 50) };
      encoder.encode(value);
      kept.push({ buffer: encoder.buffer, start: encoder.start, end: encoder.end, value });
    }
    for (const { buffer, start, end, value } of kept) assert.deepStrictEqual(decoder.decode(buffer, start, end), value);
  });

  it('refuses bytes that are no value with ProtocolError, and never reads beyond them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 0, maxLength: 40 }), (bytes) => {
        if (bytes[0] === ValueTag.V8) return;
        try {
          decoder.decode(Buffer.from(bytes), 0, bytes.length);
        } catch (error) {
          assert.ok(error instanceof ProtocolError);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
