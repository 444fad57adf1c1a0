import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ProtocolError } from '../../../core/kernel/errors.js';
import { HeaderBlock } from '../../../core/kernel/header-block.js';

test('text is handed on untouched', () => {
  const json = '{ "a" : 1 }';
  assert.equal(HeaderBlock.fromJson(json).json, json);
});

test('text that is no JSON object is refused when it is read, not before', () => {
  for (const json of ['', 'x', 'null', '[]', '1', '"a"']) {
    const block = HeaderBlock.fromJson(json);
    assert.equal(block.json, json);
    assert.throws(() => block.table, ProtocolError);
  }
});

test('a table and its text say the same', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (table) => {
      const json = HeaderBlock.fromTable(table).json;
      assert.equal(json, JSON.stringify(table));
      assert.deepStrictEqual(HeaderBlock.fromJson(json).table, JSON.parse(json));
    }),
    { numRuns: 200 },
  );
});

test('a big integer is written with all its digits', () => {
  const table = { a: 2n ** 64n, b: [1n, { c: 'x' }], d: undefined, e: null };
  assert.equal(HeaderBlock.fromTable(table).json, '{"a":18446744073709551616,"b":[1,{"c":"x"}],"e":null}');
});
