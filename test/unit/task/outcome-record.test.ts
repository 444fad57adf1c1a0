import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeOutcome, encodeOutcome } from '../../../core/task/outcome-record.js';

const parts = fc.record({
  runtimeUs: fc.nat(),
  document: fc.string({ unit: 'grapheme' }),
  note: fc.string({ unit: 'grapheme' }),
  successors: fc.array(fc.uint8Array()),
});

test('an outcome comes back as it was, wherever its bytes lie', () => {
  fc.assert(
    fc.property(parts, fc.nat(16), (outcome, offset) => {
      const bytes = encodeOutcome(outcome);
      const ring = new Uint8Array(bytes.length + offset + 3);
      ring.set(bytes, offset);
      const decoded = decodeOutcome(ring.subarray(offset, offset + bytes.length));
      ring.fill(0xff);
      assert.equal(Buffer.from(decoded.document).toString(), outcome.document);
      assert.deepStrictEqual([decoded.runtimeUs, decoded.note], [outcome.runtimeUs, outcome.note]);
      assert.deepStrictEqual(
        decoded.successors.map((one) => [...one]),
        outcome.successors.map((one) => [...one]),
      );
    }),
    { numRuns: 300 },
  );
});

test('a runtime beyond the field is cut, not wrapped', () => {
  const empty = { document: '', note: '', successors: [] };
  assert.equal(decodeOutcome(encodeOutcome({ runtimeUs: 1e15, ...empty })).runtimeUs, 2 ** 32 - 1);
  assert.equal(decodeOutcome(encodeOutcome({ runtimeUs: -5, ...empty })).runtimeUs, 0);
});
