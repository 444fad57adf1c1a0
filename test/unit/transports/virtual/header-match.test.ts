import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { compileHeaderMatch } from '../../../../transports/virtual/header-match.js';

const names = fc.constantFrom('a', 'b', 'c', '__proto__', 'toString');
const tables = fc.dictionary(names, fc.oneof(fc.integer({ min: 0, max: 2 }), fc.constantFrom('x', true)), {
  noNullPrototype: true,
});

describe('header match', () => {
  test('ROUTE-10 all asks for every pair, any for one; the default is all', () => {
    fc.assert(
      fc.property(tables, tables, (wanted, headers) => {
        const holds = ([name, value]: [string, unknown]): boolean =>
          Object.hasOwn(headers, name) && headers[name] === value;
        const pairs = Object.entries(wanted);
        assert.equal(compileHeaderMatch(wanted)(headers), pairs.every(holds));
        assert.equal(compileHeaderMatch({ ...wanted, 'x-match': 'all' })(headers), pairs.every(holds));
        assert.equal(compileHeaderMatch({ ...wanted, 'x-match': 'any' })(headers), pairs.some(holds));
      }),
    );
  });

  test('null asks only that the header is there', () => {
    const match = compileHeaderMatch({ format: null });
    assert.equal(match({ format: 'pdf' }), true);
    assert.equal(match({ other: 'pdf' }), false);
  });

  test('names with x- are compared only by the modes that say so', () => {
    assert.equal(compileHeaderMatch({ 'x-kind': 1 })({}), true);
    assert.equal(compileHeaderMatch({ 'x-match': 'all-with-x', 'x-kind': 1 })({}), false);
    assert.equal(compileHeaderMatch({ 'x-match': 'any-with-x', 'x-kind': 1 })({ 'x-kind': 1 }), true);
  });

  test('values compare by what they are: lists, tables, and integers of either kind', () => {
    assert.equal(compileHeaderMatch({ a: [1, { b: 2 }] })({ a: [1, { b: 2 }] }), true);
    assert.equal(compileHeaderMatch({ a: 1n })({ a: 1 }), true);
    assert.equal(compileHeaderMatch({ a: 1 })({ a: '1' }), false);
  });

  test('any of nothing matches nothing, all of nothing everything', () => {
    assert.equal(compileHeaderMatch({ 'x-match': 'any' })({ a: 1 }), false);
    assert.equal(compileHeaderMatch({})({ a: 1 }), true);
  });
});
