import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeResultTuple, decodeResultTuples } from '../../../core/protocol/result-tuple.js';

test('a tuple is read as it was written', () => {
  const { tuple } = fc.letrec((tie) => ({
    parent: fc.option(tie('tuple'), { maxDepth: 4 }),
    tuple: fc.tuple(
      fc.tuple(fc.string(), tie('parent')),
      fc.option(fc.array(tie('tuple'), { maxLength: 3 }), { maxDepth: 4 }),
    ),
  }));
  fc.assert(
    fc.property(tuple, (written) => {
      assert.deepStrictEqual(decodeResultTuple(JSON.parse(JSON.stringify(written))), written);
    }),
    { numRuns: 200 },
  );
});

test('whatever is no tuple reads as none, and never throws', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const read = decodeResultTuple(value);
      assert.ok(read === null || typeof read[0][0] === 'string');
    }),
    { numRuns: 500 },
  );
  assert.deepStrictEqual(decodeResultTuples([1, 'a', null, [['b', 5], 'x']]), [
    [['a', null], null],
    [['b', null], null],
  ]);
});

test('what is nested without end is cut, not followed', () => {
  let nested: unknown = ['id', null];
  for (let depth = 0; depth < 100_000; depth++) nested = [['id', nested], null];
  assert.equal(decodeResultTuple(nested)?.[0][0], 'id');
});
