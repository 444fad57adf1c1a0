import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError } from '../../../core/kernel/errors.js';
import type { TaskOptions } from '../../../core/task/task-options.js';
import { TaskClass } from '../../../core/task/task-class.js';
import { defineClassTask, defineTask } from '../../../core/task/task-definition.js';

const fallbackName = (className: string) => `shop.${className}`;

abstract class Database extends TaskClass {
  static override readonly abstract = true;
  static override readonly options: TaskOptions = { queue: 'db', maxRetries: 9 };
  readonly connection = { queries: 0 };
  override onFailure(): void {
    this.connection.queries = -1;
  }
}

class Query extends Database {
  static override readonly options = { maxRetries: 1 };
  override run(count: number): number {
    this.connection.queries += count;
    return this.connection.queries;
  }
}

test('TASK-03 a class inherits options and hooks, and all runs share one object', () => {
  const definition = defineClassTask(Query, { name: null, fallbackName });
  assert.equal(definition.name, 'shop.Query');
  assert.deepStrictEqual([definition.options.queue, definition.options.maxRetries], ['db', 1]);
  const run = definition.run as (count: number) => number;
  assert.deepStrictEqual([run(2), run(3)], [2, 5]);
  assert.ok(definition.options.hooks?.onFailure !== undefined);
  definition.options.hooks.onFailure(new Error('x'), 'id', [], {}, { type: 'Error', exception: null, traceback: null });
  assert.equal((definition.instance as Query).connection.queries, -1);
  assert.deepStrictEqual(Object.keys(definition.options.hooks), ['onFailure']);
});

test('a class may bring its name, and an object its options', () => {
  class Named extends TaskClass {
    static override readonly taskName = 'shop.named';
    readonly options = { priority: 3 };
    override run(): null {
      return null;
    }
  }
  assert.equal(defineClassTask(Named, { name: null, fallbackName }).name, 'shop.named');
  const given = defineClassTask(new Named(), { name: 'other', fallbackName });
  assert.deepStrictEqual([given.name, given.options.priority, given.options.hooks], ['other', 3, null]);
});

test('TASK-28 an abstract class is no task, and one without run neither', () => {
  const define = (type: unknown) => () => defineClassTask(type as typeof Query, { name: 'x', fallbackName });
  assert.throws(define(Database), (error) => error instanceof ConfigError && error.message.includes('TASK-28'));
  assert.throws(define(class Empty extends Object {}), /Empty has no method run/);
});

test('a function inherits from its base, which is its `this`', () => {
  const definition = defineTask(
    'shop.count',
    function (this: Query, count: number) {
      return this.run(count);
    },
    { options: { base: Query, queue: 'mine' } },
  );
  const run = definition.run as (count: number) => number;
  assert.deepStrictEqual([run(1), run(1)], [1, 2]);
  assert.deepStrictEqual([definition.options.queue, definition.options.maxRetries], ['mine', 1]);
  assert.equal(run.length, 1);
  const plain = defineTask('shop.plain', () => 1, { options: {}, defaultBase: Query });
  assert.equal(plain.options.queue, 'db');
});
