import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SpareBuffers } from '../../../../pools/codec/spare-buffers.js';
import { ValueEncoder } from '../../../../pools/codec/value-encoder.js';

describe('spare buffers for large bodies', () => {
  it('give what was given back for the next body of about that size', () => {
    const spares = new SpareBuffers();
    const first = spares.take(100_000);
    assert.ok(first.length >= 100_000);
    assert.notEqual(spares.take(100_000), first);
    spares.give(first);
    assert.notEqual(spares.take(200_000), first);
    assert.equal(spares.take(70_000), first);
    assert.notEqual(spares.take(70_000), first);
  });

  it('keep no more than 16 MiB, and nothing that is larger than half of it', () => {
    const spares = new SpareBuffers();
    const buffers = Array.from({ length: 5 }, () => spares.take(4 * 2 ** 20));
    for (const buffer of buffers) spares.give(buffer);
    const again = Array.from({ length: 5 }, () => spares.take(4 * 2 ** 20));
    assert.equal(again.filter((buffer) => buffers.includes(buffer)).length, 4);
    assert.equal(spares.take(9 * 2 ** 20).length, 9 * 2 ** 20);
  });

  it('are what an encoder writes large values to, and nothing else', () => {
    const encoder = new ValueEncoder(new SpareBuffers());
    encoder.encode(new Uint8Array(100_000).fill(7));
    assert.deepEqual([encoder.isSpare, encoder.end, encoder.buffer[99_999]], [true, 100_000, 7]);
    for (const value of [new Uint8Array(10), 1, new Map([[1, 'x'.repeat(100_000)]])]) {
      encoder.encode(value);
      assert.equal(encoder.isSpare, false);
    }
  });
});
