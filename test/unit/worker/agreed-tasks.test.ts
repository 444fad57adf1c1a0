import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resolveTaskOptions } from '../../../core/task/resolve-task-options.js';
import { manifestOf, type Manifest } from '../../../core/task/manifest.js';
import type { TaskOptions } from '../../../core/task/task-options.js';
import { TaskRegistry } from '../../../core/task/task-registry.js';
import { AgreedTasks } from '../../../core/worker/agreed-tasks.js';

function manifestWith(tasks: Readonly<Record<string, TaskOptions>>): Manifest {
  const registry = new TaskRegistry();
  for (const [name, options] of Object.entries(tasks)) {
    registry.register({ name, options: resolveTaskOptions(name, options), run: () => null });
  }
  return manifestOf('shop', registry);
}

test('WORK-08 a member is objected to when it lacks a task, has a new one, or another option', () => {
  const agreed = new AgreedTasks();
  const first = manifestWith({ 'shop.add': {}, 'shop.sub': {} });
  assert.equal(agreed.objectionTo(first), null);
  agreed.agreeOn(first);
  assert.equal(agreed.objectionTo(manifestWith({ 'shop.sub': {}, 'shop.add': {} })), null);
  assert.equal(
    agreed.objectionTo(manifestWith({ 'shop.add': { timeLimit: 3 }, 'shop.new': {} })),
    'its tasks are not those of the first members: missing: shop.sub; only there: shop.new; different: shop.add.timeLimitSeconds',
  );
});

test('WORK-58 after a reload the tasks of the first new member hold', () => {
  const agreed = new AgreedTasks();
  const [old, fresh] = [manifestWith({ 'shop.add': {} }), manifestWith({ 'shop.add': {}, 'shop.new': {} })];
  agreed.agreeOn(old);
  agreed.agreeOn(fresh);
  assert.equal(agreed.objectionTo(fresh), null);
  assert.match(agreed.objectionTo(old) ?? '', /missing: shop\.new$/);
});
