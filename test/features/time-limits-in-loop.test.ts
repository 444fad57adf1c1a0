/** WORK-43, in a process of its own: this pool runs tasks in the thread of the worker. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LimitBench } from '../support/limit-bench.js';

test('WORK-43: threads have both limits in full; in the loop of the worker they end what awaits a promise', async () => {
  await using solo = await LimitBench.start({ settings: { workerPool: 'solo' } });
  assert.equal(await solo.end('catches'), 'caught SoftTimeLimitExceeded');
  assert.equal(await solo.end('waits'), 'TimeLimitExceeded');
  assert.equal(await solo.end('echo', ['free again']), 'free again');
  await solo.logged('warn', 'a time limit ends only what awaits a promise');
});
