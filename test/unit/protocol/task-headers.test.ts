import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeTaskHeaders, parseUsualHeaders } from '../../../core/protocol/task-headers.js';

const id = fc.stringMatching(/^[A-Za-z0-9_.:-]{1,20}$/);
const usual = fc.record({
  task: id,
  id,
  rootId: id,
  parentId: fc.option(id),
  argsrepr: fc.string({ unit: 'binary', maxLength: 40 }),
  kwargsrepr: fc.oneof(fc.constant('{}'), fc.string({ maxLength: 40 })),
  origin: fc.constant('gen1@host'),
  ignoreResult: fc.boolean(),
});

test('headers in the usual form read as JSON.parse reads them, escapes and all', () => {
  fc.assert(
    fc.property(usual, (fields) => {
      const text = encodeTaskHeaders(fields).json;
      assert.deepStrictEqual(parseUsualHeaders(text), JSON.parse(text));
    }),
  );
});

test('any other form is left to JSON.parse: a changed byte never reads as something else', () => {
  fc.assert(
    fc.property(usual, fc.nat(), fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }), (fields, at, character) => {
      const text = encodeTaskHeaders(fields).json;
      const i = at % text.length;
      const changed = text.slice(0, i) + character + text.slice(i + 1);
      const read = parseUsualHeaders(changed);
      if (read !== null) assert.deepStrictEqual(read, JSON.parse(changed));
    }),
    { numRuns: 2_000 },
  );
});

test('headers with anything unusual in them are not read here', () => {
  const plain = { task: 't', id: 'i', argsrepr: '()', kwargsrepr: '{}', origin: 'o' };
  assert.notEqual(parseUsualHeaders(encodeTaskHeaders(plain).json), null);
  for (const more of [
    { retries: 1 },
    { etaEpochMs: 0 },
    { stamps: { a: 1 } },
    { customHeaders: { mine: 1 } },
    { compression: 'zlib' },
  ]) {
    assert.equal(parseUsualHeaders(encodeTaskHeaders({ ...plain, ...more }).json), null);
  }
});
