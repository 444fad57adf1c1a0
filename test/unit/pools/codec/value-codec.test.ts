import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ProtocolError } from '../../../../core/kernel/errors.js';
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
  const decoded = decoder.decode(bytes, 3, bytes.length);
  bytes.fill(0xee);
  return decoded;
}

function isPlainForm(value: unknown): boolean {
  encoder.encode(value);
  return encoder.buffer[encoder.start] !== ValueTag.V8;
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

  it('carries small plain values in its own form, and all else by v8', () => {
    for (const value of [undefined, 1, 'text', { a: [1, { b: null }] }, new Uint8Array(9), Object.create(null)]) {
      assert.ok(isPlainForm(value));
    }
    const shared = { a: 1 };
    class Point {
      x = 1;
    }
    const others = [new Date(0), new Map(), 1n, [shared, shared], new Point(), [, 1], Array(100).fill(0), /x/];
    for (const value of [...others, 'x'.repeat(5_000), { ['k'.repeat(99)]: 1 }]) assert.ok(!isPlainForm(value));
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

  it('keeps large byte arrays, on memory of their own', () => {
    const bytes = new Uint8Array(100_000).fill(7);
    const copy = roundTrip(bytes);
    assert.deepStrictEqual(copy, bytes);
    assert.ok(copy instanceof Uint8Array && copy.buffer instanceof ArrayBuffer);
  });

  it('keeps errors with their cause', () => {
    const copy = roundTrip(new TypeError('outer', { cause: new RangeError('inner') }));
    assert.ok(copy instanceof TypeError && copy.cause instanceof RangeError);
    assert.equal(copy.cause.message, 'inner');
  });

  it('refuses what structured clone refuses', () => {
    for (const value of [() => 1, { f: () => 1 }, Symbol('s'), [Symbol('s')]]) {
      assert.throws(() => roundTrip(value), { name: 'Error', message: /could not be cloned/ });
    }
  });

  it('keeps earlier values when more are encoded', () => {
    const kept: { readonly buffer: Buffer; readonly start: number; readonly end: number; readonly value: unknown }[] =
      [];
    for (let i = 0; i < 5_000; i++) {
      const value = { i, text: 'x'.repeat(i % 50) };
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
