import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAddressed } from '../../../core/control/addressing.js';
import type { ControlAddress } from '../../../core/control/control-request.js';
import { ProtocolError } from '../../../core/kernel/errors.js';

const everybody: ControlAddress = { destination: null, pattern: null, matcher: null };

test('a request without address means every node', () => {
  assert.equal(isAddressed(everybody, 'w1@host'), true);
});

test('a destination means the nodes that it names', () => {
  const some = { ...everybody, destination: ['w1@host'] };
  assert.equal(isAddressed(some, 'w1@host'), true);
  assert.equal(isAddressed(some, 'w2@host'), false);
});

test('a pattern counts beside the destination, as in Celery', () => {
  const either: ControlAddress = { destination: ['w1@host'], pattern: 'img-*', matcher: 'glob' };
  assert.equal(isAddressed(either, 'w1@host'), true);
  assert.equal(isAddressed(either, 'img-3@host'), true);
  assert.equal(isAddressed(either, 'w2@host'), false);
});

test('a glob matches the whole name', () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ['w?@host', 'w1@host', true],
    ['w?@host', 'w12@host', false],
    ['w[12]@*', 'w2@any', true],
    ['w[!12]@*', 'w2@any', false],
    ['w.@host', 'w1@host', false],
    ['w', 'w1@host', false],
    ['(a+)+', '(a+)+', true],
  ];
  for (const [pattern, name, expected] of cases) {
    assert.equal(isAddressed({ ...everybody, pattern, matcher: 'glob' }, name), expected, `${pattern} on ${name}`);
  }
});

test('a regular expression matches at the start of the name', () => {
  const of = (pattern: string): boolean => isAddressed({ ...everybody, pattern, matcher: 'pcre' }, 'worker1@host');
  assert.equal(of('worker\\d'), true);
  assert.equal(of('host'), false);
  assert.equal(of('a|worker'), true);
});

test('a pattern that takes for ever, or is none, is refused', () => {
  const name = `${'a'.repeat(60)}@host`;
  for (const pattern of ['(a+)+$', '((a+))+$', '(a|a)*b', `${'.*'.repeat(50)}!`, '(', 'a'.repeat(300)]) {
    assert.throws(() => isAddressed({ ...everybody, pattern, matcher: 'pcre' }, name), ProtocolError, pattern);
  }
  const stars = { ...everybody, pattern: `${'*'.repeat(100)}x`, matcher: 'glob' as const };
  assert.throws(() => isAddressed(stars, name), ProtocolError);
});

test('a quantified group is no reason to refuse a pattern', () => {
  const of = (pattern: string): boolean => isAddressed({ ...everybody, pattern, matcher: 'pcre' }, 'w12@host');
  assert.deepStrictEqual([of('w(1|2)+@'), of('w(1|3)+@')], [true, false]);
});
