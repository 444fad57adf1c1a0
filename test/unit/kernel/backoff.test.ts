import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Backoff } from '../../../core/kernel/backoff.js';

const random = (value: number) => ({ float: () => value, fill: () => undefined });

test('each step doubles, up to the longest delay', () => {
  const backoff = new Backoff({ initialMs: 100, maxMs: 1_000 }, random(1));
  assert.deepStrictEqual(
    [1, 2, 3, 4, 5, 6].map(() => backoff.nextMs()),
    [100, 200, 400, 800, 1_000, 1_000],
  );
  assert.equal(backoff.attempt, 6);
  backoff.reset();
  assert.equal(backoff.nextMs(), 100);
});

test('jitter takes up to half of a step', () => {
  assert.equal(new Backoff({ initialMs: 100, maxMs: 1_000 }, random(0)).nextMs(), 50);
});

test('after very many attempts the delay is still finite', () => {
  const backoff = new Backoff({ initialMs: 100, maxMs: 1_000 }, random(1));
  for (let i = 0; i < 2_000; i++) backoff.nextMs();
  assert.equal(backoff.nextMs(), 1_000);
});
