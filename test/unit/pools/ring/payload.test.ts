import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { copyBytes, maxTextBytes, readText, writeText } from '../../../../pools/ring/payload.js';

const MARGIN_BYTES = 8;

describe('payloads of a ring', () => {
  it('are copied byte for byte, short or long, in part or whole, and nothing beside them is touched', () => {
    for (const length of [0, 1, 63, 64, 200]) {
      for (const start of [0, 3]) {
        const source = Uint8Array.from({ length: start + length }, (_, i) => i + 1);
        const target = new Uint8Array(MARGIN_BYTES + length + MARGIN_BYTES);
        copyBytes(source, start, start + length, target, MARGIN_BYTES);
        const expected = new Uint8Array(target.length);
        expected.set(source.subarray(start), MARGIN_BYTES);
        assert.deepEqual(target, expected);
      }
    }
  });

  it('keep every text, and tell ASCII by its length', () => {
    const texts = fc.oneof(fc.string({ maxLength: 60 }), fc.string({ unit: 'binary', maxLength: 60 }));
    fc.assert(
      fc.property(texts, (text) => {
        // A lone surrogate has no UTF-8.
        fc.pre(Buffer.from(text).toString() === text);
        const target = Buffer.alloc(maxTextBytes(text) + MARGIN_BYTES);
        const bytes = writeText(target, MARGIN_BYTES, text);
        assert.equal(bytes, Buffer.byteLength(text));
        const isAscii = bytes === text.length;
        assert.equal(readText(target, MARGIN_BYTES, MARGIN_BYTES + bytes, isAscii), text);
      }),
      { examples: [[''], ['a'.repeat(24)], ['a'.repeat(25)], [`${'a'.repeat(20)}é`], ['é'.repeat(30)]] },
    );
  });
});
