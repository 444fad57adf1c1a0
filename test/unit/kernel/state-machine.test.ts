import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InvariantError } from '../../../core/kernel/errors.js';
import { StateMachine, type TransitionTable } from '../../../core/kernel/state-machine.js';

const table: TransitionTable<'open' | 'closed'> = { open: ['closed'], closed: [] };

test('a step in the table is taken and told', () => {
  const changes: string[] = [];
  const machine = new StateMachine(table, 'open', {
    subject: 'door',
    onChange: (from, to) => changes.push(`${from}→${to}`),
  });
  machine.to('closed');
  assert.equal(machine.state, 'closed');
  assert.equal(machine.is('open', 'closed'), true);
  assert.equal(machine.is('open'), false);
  assert.deepStrictEqual(changes, ['open→closed']);
});

test('any other step is refused, changes nothing and names the thing', () => {
  const machine = new StateMachine(table, 'closed', { subject: 'door' });
  assert.throws(
    () => {
      machine.to('open');
    },
    (error) => error instanceof InvariantError && /door.*closed → open/.test(error.message),
  );
  assert.equal(machine.state, 'closed');
});
