import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { ConfigError, InvalidTaskError } from '../../../core/kernel/errors.js';
import { resolveTaskOptions } from '../../../core/task/resolve-task-options.js';
import { callChecked } from '../../../core/task/schema-check.js';
import type { TaskSchema } from '../../../core/task/task-options.js';

/** What a direct call of a function with this schema gives. */
function direct(schema: TaskSchema, args: readonly unknown[], run: (...args: unknown[]) => unknown): unknown {
  const definition = { name: 'shop.add', options: resolveTaskOptions('shop.add', { schema }), run };
  return callChecked(definition, args, (given) => run(...given));
}

test('TASK-71, 26 a direct call converts arguments and checks the result', async () => {
  const schema = { args: z.tuple([z.coerce.number(), z.coerce.number()]), result: z.number().max(10) };
  const add = (a: unknown, b: unknown): unknown => (a as number) + (b as number);
  assert.equal(direct(schema, ['2', 3], add), 5);
  assert.throws(() => direct(schema, ['x', 3], add), InvalidTaskError);
  assert.throws(() => direct(schema, [20, 3], add), /result of shop.add/);
  const later = (a: unknown, b: unknown): unknown => Promise.resolve(add(a, b));
  assert.equal(await direct(schema, ['2', 3], later), 5);
  await assert.rejects(direct(schema, [20, 3], later) as Promise<unknown>, InvalidTaskError);
});

test('keywords with a schema are the last argument of a direct call', () => {
  const schema = { kwargs: z.object({ by: z.coerce.number().default(1) }) };
  const seen = (...args: unknown[]): unknown => args;
  assert.deepStrictEqual(direct(schema, ['a', { by: '2' }], seen), ['a', { by: 2 }]);
  assert.throws(() => direct(schema, ['a', { by: 'x' }], seen), /keyword arguments/);
});

test('an asynchronous validator is refused where nobody can wait for it', () => {
  const schema = { args: z.tuple([z.string().refine(() => Promise.resolve(false))]) };
  assert.throws(() => direct(schema, ['a'], () => 1), ConfigError);
});
