import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeAwait, decodeStoredResult, encodeAwait, encodeStoredResult } from '../../../core/task/member-call.js';

test('a stored result comes back as it was', () => {
  const text = fc.string({ unit: 'grapheme' });
  fc.assert(
    fc.property(text, text, fc.uint8Array(), (taskId, state, document) => {
      const decoded = decodeStoredResult(encodeStoredResult({ taskId, state, document }));
      assert.deepStrictEqual([decoded.taskId, decoded.state, [...decoded.document]], [taskId, state, [...document]]);
    }),
    { numRuns: 200 },
  );
});

test('a wait comes back as it was, with and without end', () => {
  for (const timeoutMs of [null, 0, 1_500]) {
    const request = { taskId: 'id', timeoutMs, unlike: null, intervalMs: 500, key: '1' };
    assert.deepStrictEqual(decodeAwait(encodeAwait(request)), request);
  }
});
