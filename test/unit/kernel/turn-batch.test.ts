import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TurnBatch } from '../../../core/kernel/turn-batch.js';
import { turn } from '../../support/virtual-clock.js';

test('what arrives in one turn is one batch, in order', async () => {
  const batches: (readonly number[])[] = [];
  const batch = new TurnBatch<number>((items) => batches.push(items));
  batch.push(1);
  batch.push(2);
  assert.deepStrictEqual(batches, []);
  await turn();
  batch.push(3);
  await turn();
  assert.deepStrictEqual(batches, [[1, 2], [3]]);
});

test('pushes of one chain of promises are one batch', async () => {
  const batches: (readonly number[])[] = [];
  const batch = new TurnBatch<number>((items) => batches.push(items));
  await Promise.resolve();
  for (let i = 0; i < 5; i++) {
    batch.push(i);
    await Promise.resolve();
  }
  await turn();
  assert.deepStrictEqual(batches, [[0, 1, 2, 3, 4]]);
});

test('an item pushed while flushing joins the next batch', async () => {
  const batches: (readonly number[])[] = [];
  const batch: TurnBatch<number> = new TurnBatch((items) => {
    if (batches.push(items) === 1) batch.push(2);
  });
  batch.push(1);
  await turn();
  assert.deepStrictEqual(batches, [[1], [2]]);
});
