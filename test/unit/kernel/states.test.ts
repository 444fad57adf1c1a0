import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EXCEPTION_STATES, precedence, PROPAGATE_STATES, READY_STATES, State } from '../../../core/kernel/states.js';

test("TASK-61 the sets of states are Celery's", () => {
  assert.deepStrictEqual([...READY_STATES].sort(), ['FAILURE', 'REVOKED', 'SUCCESS']);
  assert.deepStrictEqual([...EXCEPTION_STATES].sort(), ['FAILURE', 'RETRY', 'REVOKED']);
  assert.deepStrictEqual([...PROPAGATE_STATES].sort(), ['FAILURE', 'REVOKED']);
});

test('TASK-62 SUCCESS is highest, a custom state is between FAILURE and REVOKED', () => {
  assert.equal(precedence(State.SUCCESS), 0);
  assert.ok(precedence(State.FAILURE) < precedence('PROGRESS'));
  assert.ok(precedence('PROGRESS') < precedence(State.REVOKED));
  assert.equal(precedence('PROGRESS'), precedence('OTHER'));
  assert.ok(precedence(State.RETRY) < precedence(State.PENDING));
});
