import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { filterDead, isNarrowing, unmetChoice } from '../../../cli/dead-filter.js';

const letters = [
  { id: 'a', task: 'shop.add', reason: 'rejected', time: '2030-01-01T00:00:00Z' },
  { id: 'b', task: 'shop.mail.send', reason: 'unknown-task', time: '2030-01-02T00:00:00Z' },
  { id: null, task: null, reason: 'unreadable', time: null },
];

describe('filter of dead letters', () => {
  const cases = [
    ['nothing keeps all', {}, ['a', 'b', null]],
    ['a name', { task: 'shop.add' }, ['a']],
    ['a pattern', { task: 'shop.*' }, ['a', 'b']],
    ['one character', { task: 'shop.a?d' }, ['a']],
    ['a dot is a dot', { task: 'shopXadd' }, []],
    ['a reason', { reason: 'unreadable' }, [null]],
    ['since, the instant included', { since: new Date('2030-01-02T00:00:00Z') }, ['b']],
    ['before, the instant excluded', { before: new Date('2030-01-02T00:00:00Z') }, ['a']],
    ['a limit', { limit: 1 }, ['a']],
    ['the limit comes last', { task: '*send', limit: 1 }, ['b']],
  ] as const;
  for (const [what, flags, expected] of cases) {
    it(what, () => {
      assert.deepEqual(
        filterDead(letters, flags).map(({ id }) => id),
        expected,
      );
    });
  }

  it('ids choose, and the filter narrows them', () => {
    assert.deepEqual(filterDead(letters, {}, ['b', 'missing']), [letters[1]]);
    assert.deepEqual(filterDead(letters, { reason: 'rejected' }, ['b']), []);
  });

  it('tells whether it narrows anything', () => {
    assert.equal(isNarrowing({}), false);
    assert.equal(isNarrowing({ limit: 5 }), true);
  });

  it('says which id or reason meets no letter', () => {
    assert.equal(unmetChoice(letters, {}, ['a', 'x', 'y']), 'no dead letter has the id x, y');
    assert.equal(
      unmetChoice(letters, { reason: 'rejectd' }, []),
      'no dead letter has the reason "rejectd"; there is rejected, unknown-task, unreadable',
    );
    assert.equal(unmetChoice(letters, { reason: 'rejected' }, ['a']), null);
    assert.equal(unmetChoice([], { reason: 'rejected' }, []), null);
  });
});
