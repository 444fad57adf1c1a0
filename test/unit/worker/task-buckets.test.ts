import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Request } from '../../../core/worker/request.js';
import { TaskBuckets } from '../../../core/worker/task-buckets.js';
import { heldRequest } from '../../support/held-request.js';
import { VirtualClock } from '../../support/virtual-clock.js';

function createBuckets(options: { readonly hasNativeDelay?: boolean; readonly base?: number } = {}) {
  const clock = new VirtualClock();
  const turns: (readonly [tag: number, atMs: number])[] = [];
  const buckets = new TaskBuckets({
    clock,
    hasNativeDelay: options.hasNativeDelay ?? false,
    window: { base: options.base ?? 8 },
    onTurn: ({ delivery }) => turns.push([delivery.tag, clock.nowMonoMs()]),
  });
  return { buckets, clock, turns };
}

function requests(count: number): readonly Request[] {
  return Array.from({ length: count }, (_, i) => heldRequest({ tag: i + 1 }));
}

test('WORK-32 requests of a task come out in order, as the rate allows, with one timer', async () => {
  const { buckets, clock, turns } = createBuckets();
  buckets.setLimit('shop.add', 2);
  assert.deepStrictEqual(
    requests(4).map((request) => buckets.offer(request)),
    ['go', 'wait', 'wait', 'wait'],
  );
  assert.equal(clock.timers, 1);
  await clock.runUntilIdle();
  assert.deepStrictEqual(turns, [
    [2, 500],
    [3, 1_000],
    [4, 1_500],
  ]);
});

test('a task without a limit never waits, whatever the others do', () => {
  const { buckets } = createBuckets();
  buckets.setLimit('shop.other', 0.001);
  assert.equal(buckets.offer(heldRequest()), 'go');
  buckets.setLimit('shop.other', null);
  assert.equal(buckets.isEmpty, true);
});

test('WORK-33 a new limit takes the waiting ones over, none lets them all go', async () => {
  const { buckets, clock, turns } = createBuckets();
  buckets.setLimit('shop.add', 0.001);
  for (const request of requests(5)) buckets.offer(request);
  buckets.setLimit('shop.add', 1);
  assert.deepStrictEqual(turns, [[2, 0]]);
  assert.equal(buckets.rateOf('shop.add'), 1);
  await clock.advance(1_000);
  assert.deepStrictEqual(turns.at(-1), [3, 1_000]);
  buckets.setLimit('shop.add', null);
  assert.deepStrictEqual(
    turns.map(([tag]) => tag),
    [2, 3, 4, 5],
  );
  assert.equal(clock.timers, 0);
});

test('BUG-12 a bucket takes no more than half of the window; the rest goes back until it can be its turn', () => {
  const { buckets } = createBuckets({ hasNativeDelay: true, base: 8 });
  buckets.setLimit('shop.add', 2);
  assert.deepStrictEqual(
    requests(7).map((request) => buckets.offer(request)),
    ['go', 'wait', 'wait', 'wait', 'wait', 2_000, 2_000],
  );
  const unlimited = createBuckets({ hasNativeDelay: true, base: 0 });
  unlimited.buckets.setLimit('shop.add', 2);
  assert.ok(requests(9).every((request) => typeof unlimited.buckets.offer(request) === 'string'));
});

test('a request that is given up frees its place', async () => {
  const { buckets, clock, turns } = createBuckets();
  buckets.setLimit('shop.add', 1);
  const [first, second, third] = requests(3);
  assert.ok(first && second && third);
  for (const request of [first, second, third]) buckets.offer(request);
  assert.deepStrictEqual([buckets.remove(second), buckets.remove(second)], [true, false]);
  assert.equal(buckets.waiting, 1);
  await clock.runUntilIdle();
  assert.deepStrictEqual(turns, [[3, 1_000]]);
});

test('WORK-34 taking everything out keeps the limits and no timer', () => {
  const { buckets, clock } = createBuckets();
  buckets.setLimit('shop.add', 1);
  for (const request of requests(3)) buckets.offer(request);
  assert.equal(buckets.takeAll().length, 2);
  assert.equal(clock.timers, 0);
  assert.equal(buckets.isEmpty, false);
});
