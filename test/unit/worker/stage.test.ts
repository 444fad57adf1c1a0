import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BackendError, EncodeError } from '../../../core/kernel/errors.js';
import { createSeededRandom } from '../../../core/kernel/random.js';
import { Stage } from '../../../core/worker/stage.js';
import { turn, VirtualClock } from '../../support/virtual-clock.js';

function createStage(run: (batch: readonly string[]) => Promise<void>) {
  const clock = new VirtualClock();
  const done: string[] = [];
  const refused: string[] = [];
  const delays: number[] = [];
  const stage = new Stage<string>({
    run,
    onDone: (batch) => done.push(...batch),
    onRefused: (item) => refused.push(item),
    onRetry: (_error, delayMs) => delays.push(delayMs),
    clock,
    random: createSeededRandom(1),
  });
  return { stage, clock, done, refused, delays };
}

test('items of one turn are one batch, those that come meanwhile the next', async () => {
  const batches: (readonly string[])[] = [];
  const releases: (() => void)[] = [];
  const { stage, done } = createStage((batch) => {
    batches.push(batch);
    return new Promise((resolve) => releases.push(resolve));
  });
  stage.push('a');
  stage.push('b');
  await turn();
  stage.push('c');
  await turn();
  stage.push('d');
  await turn();
  assert.deepStrictEqual(batches, [['a', 'b']]);
  releases.shift()?.();
  await turn();
  assert.deepStrictEqual(batches[1], ['c', 'd']);
  assert.deepStrictEqual(done, ['a', 'b']);
  releases.shift()?.();
  await stage.idle();
  assert.equal(stage.pending, 0);
});

test('a batch that fails is tried again with backoff until it succeeds, and nothing moves on before', async () => {
  let failures = 8;
  const { stage, clock, done, delays } = createStage(() =>
    failures-- > 0 ? Promise.reject(new BackendError('down')) : Promise.resolve(),
  );
  stage.push('a');
  await clock.advance(100);
  assert.deepStrictEqual(done, []);
  await clock.runUntilIdle();
  assert.deepStrictEqual(done, ['a']);
  assert.equal(delays.length, 8);
  assert.ok(delays[0] !== undefined && delays[0] >= 25 && delays[0] <= 50);
  assert.ok(delays[7] !== undefined && delays[7] >= 2_500 && delays[7] <= 5_000);
});

test('an item that can never succeed is found and refused alone', async () => {
  const { stage, clock, done, refused, delays } = createStage((batch) =>
    batch.includes('bad') ? Promise.reject(new BackendError('too large', { isRetryable: false })) : Promise.resolve(),
  );
  for (const item of ['a', 'bad', 'b']) stage.push(item);
  await clock.runUntilIdle();
  assert.deepStrictEqual(done, ['a', 'b']);
  assert.deepStrictEqual(refused, ['bad']);
  assert.deepStrictEqual(delays, []);
  await stage.idle();
});

test('what cannot be encoded is refused, not tried for ever', async () => {
  const { stage, clock, refused } = createStage(() => Promise.reject(new EncodeError('no form')));
  stage.push('a');
  await clock.runUntilIdle();
  assert.deepStrictEqual(refused, ['a']);
});

test('a closed stage tries no more, keeps no timer and answers idle()', async () => {
  let runs = 0;
  const { stage, clock, done } = createStage(() => {
    runs++;
    return Promise.reject(new BackendError('down'));
  });
  stage.push('a');
  await turn();
  const idle = stage.idle();
  stage.close();
  await idle;
  await clock.runUntilIdle();
  assert.equal(runs, 1);
  assert.equal(clock.timers, 0);
  assert.deepStrictEqual(done, []);
});

test('a turn may bring more items than a call takes arguments', async () => {
  const { stage, clock, done } = createStage(() => Promise.resolve());
  const count = 200_000;
  for (let i = 0; i < count; i++) stage.push('x');
  await clock.runUntilIdle();
  await stage.idle();
  assert.equal(done.length, count);
});
