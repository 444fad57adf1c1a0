import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manifestDifference, manifestOf, type Manifest } from '../../../core/task/manifest.js';
import { resolveTaskOptions } from '../../../core/task/resolve-task-options.js';
import type { TaskOptions } from '../../../core/task/task-options.js';
import { TaskRegistry } from '../../../core/task/task-registry.js';

function manifest(tasks: Readonly<Record<string, TaskOptions>>): Manifest {
  const registry = new TaskRegistry();
  for (const [name, options] of Object.entries(tasks)) {
    registry.register({ name, options: resolveTaskOptions(name, options), run: () => 1 });
  }
  return manifestOf('shop', registry);
}

test('the order in which modules load makes no difference', () => {
  assert.equal(manifestDifference(manifest({ a: {}, b: {} }), manifest({ b: {}, a: {} })), null);
});

test('a difference says which task and which option', () => {
  const difference = manifestDifference(
    manifest({ a: { params: ['x'] }, b: {} }),
    manifest({ a: { params: ['y'] }, c: {} }),
  );
  assert.equal(difference, 'missing: b; only there: c; different: a.params');
});

test('a manifest is JSON data', () => {
  const one = manifest({ a: { params: ['x'], timeLimit: 3, autoretryFor: [Error] } });
  assert.deepStrictEqual(JSON.parse(JSON.stringify(one)), one);
});

test('expected errors go by name', () => {
  const [task] = manifest({ a: { throws: [RangeError, 'KeyError'], rateLimit: '10/m' } }).tasks;
  assert.deepStrictEqual([task?.throws, task?.rateLimit], [['RangeError', 'KeyError'], '10/m']);
});
