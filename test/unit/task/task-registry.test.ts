import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError, NotRegistered } from '../../../core/kernel/errors.js';
import { resolveTaskOptions } from '../../../core/task/resolve-task-options.js';
import { TaskRegistry } from '../../../core/task/task-registry.js';

const definition = { name: 'a', options: resolveTaskOptions('a', {}), run: () => 1 };

test('a task is found by its name, and only once under it', () => {
  const registry = new TaskRegistry();
  registry.register(definition);
  assert.equal(registry.get('a'), definition);
  assert.deepStrictEqual([registry.names(), [...registry]], [['a'], [definition]]);
  assert.throws(() => {
    registry.register(definition);
  }, ConfigError);
});

test('an unknown name is null or NotRegistered, also one that every object has', () => {
  const registry = new TaskRegistry();
  assert.equal(registry.find('constructor'), null);
  assert.throws(
    () => registry.get('b'),
    (error) => error instanceof NotRegistered && error.taskName === 'b',
  );
});
