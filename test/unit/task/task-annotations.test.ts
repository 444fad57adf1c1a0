import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError } from '../../../core/kernel/errors.js';
import { annotateTask } from '../../../core/task/task-annotations.js';
import { defineTask } from '../../../core/task/task-definition.js';
import type { TaskOptions } from '../../../core/task/task-options.js';

const define = (options: TaskOptions = {}) => defineTask('shop.add', (a: number) => a, { options });

test('TASK-30 annotations stand above the options, those by name above *', () => {
  const annotations = {
    '*': { rateLimit: '10/s', priority: 1 },
    'shop.add': { rate_limit: '5/s' },
    other: { priority: 9 },
  };
  const { options } = annotateTask(define({ rateLimit: '1/s', queue: 'q' }), annotations);
  assert.deepStrictEqual([options.rateLimit, options.priority, options.queue], ['5/s', 1, 'q']);
  const same = define();
  assert.equal(annotateTask(same, null), same);
  assert.equal(annotateTask(same, { other: { priority: 9 } }), same);
});

test('a list is applied in order, and may hold objects that are asked and functions', () => {
  const annotations = [
    { '*': { priority: 1 } },
    { annotate: ({ name }: { readonly name: string }) => (name === 'shop.add' ? { priority: 2 } : null) },
    () => ({ 'shop.add': ({ name }: { readonly name: string }) => ({ queue: name }) }),
  ];
  const { options } = annotateTask(define(), annotations);
  assert.deepStrictEqual([options.priority, options.queue], [2, 'shop.add']);
});

test('@run decorates the body, @onSuccess the hook', () => {
  const calls: string[] = [];
  const definition = annotateTask(define({ onSuccess: () => calls.push('own') }), {
    'shop.add': {
      '@run': (run: (a: number) => number) => (a: number) => run(a) * 10,
      '@on_success': (hook: (value: unknown) => unknown) => (value: unknown) => {
        calls.push('around');
        return hook(value);
      },
    },
  });
  assert.equal((definition.run as (a: number) => number)(4), 40);
  definition.options.hooks?.onSuccess?.(1, 'id', [], {});
  assert.deepStrictEqual(calls, ['around', 'own']);
});

test('what is no annotation is refused', () => {
  for (const wrong of [
    7,
    ['x'],
    { 'shop.add': { rateLimt: 1 } },
    { '*': { '@queue': () => 1 } },
    { '*': { '@run': 1 } },
  ]) {
    assert.throws(() => annotateTask(define(), wrong), ConfigError, JSON.stringify(wrong));
  }
});
