import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { compileTopicPattern } from '../../../../transports/virtual/topic-pattern.js';

/** The definition, word by word. */
function matches(pattern: readonly string[], key: readonly string[]): boolean {
  const [first, ...rest] = pattern;
  if (first === undefined) return key.length === 0;
  if (first === '#') return key.some((_, i) => matches(rest, key.slice(i))) || matches(rest, []);
  return key.length > 0 && (first === '*' || first === key[0]) && matches(rest, key.slice(1));
}

describe('topic pattern', () => {
  for (const [pattern, key, expected] of [
    ['*.orange.*', 'quick.orange.rabbit', true],
    ['*.*.rabbit', 'quick.orange.male.rabbit', false],
    ['lazy.#', 'lazy.orange.male.rabbit', true],
    ['lazy.#', 'lazy', true],
    ['#', '', true],
    ['*', '', true],
    ['*', 'a.b', false],
    ['a.#.b', 'a.b', true],
    ['a.b', 'a.b', true],
    ['a.b', 'a.b.c', false],
    ['#.#', 'a', true],
    ['a.*.#', 'a', false],
  ] as const) {
    test(`ROUTE-10 ${pattern} ${expected ? 'matches' : 'does not match'} ${key === '' ? 'the empty key' : key}`, () => {
      assert.equal(compileTopicPattern(pattern)(key), expected);
    });
  }

  test('it agrees with the definition for whatever patterns and keys', () => {
    const word = fc.constantFrom('a', 'b', '');
    const patterns = fc.array(fc.oneof(word, fc.constantFrom('*', '#')), { minLength: 1, maxLength: 6 });
    const keys = fc.array(word, { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(patterns, keys, (pattern, key) => {
        assert.equal(compileTopicPattern(pattern.join('.'))(key.join('.')), matches(pattern, key));
      }),
      { numRuns: 2_000 },
    );
  });

  test('a pattern made to explode takes no time', () => {
    const matchesKey = compileTopicPattern(Array.from({ length: 200 }, (_, i) => (i % 2 === 0 ? '#' : 'a')).join('.'));
    const startedMs = performance.now();
    assert.equal(matchesKey(`${'a.'.repeat(500)}b`), false);
    assert.ok(performance.now() - startedMs < 2_000);
  });
});
