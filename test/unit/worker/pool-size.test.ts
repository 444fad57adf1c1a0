/** The size of a worker's pool by command and by an autoscaler, and the prefetch window that follows. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError } from '../../../core/kernel/errors.js';
import type { SettingsInput } from '../../../core/settings/table.js';
import { Autoscaler } from '../../../core/worker/autoscaler.js';
import { PoolSize } from '../../../core/worker/pool-size.js';
import { autoscaleRangeOf, concurrencyOf, windowConcurrencyOf } from '../../../core/worker/worker-options.js';
import { settingsOf } from '../../support/task-plan.js';
import { VirtualClock } from '../../support/virtual-clock.js';

/** What is told: `pool 3` or `window 3`. */
function createSize(input: SettingsInput) {
  const settings = settingsOf(input);
  const told: string[] = [];
  const load = { qty: 0 };
  const size = new PoolSize({
    pool: {
      resize: (count) => {
        if (count < 1) throw new ConfigError('size must be a whole number from 1');
        told.push(`pool ${String(count)}`);
      },
    },
    window: { resize: (count) => told.push(`window ${String(count)}`) },
    settings,
    autoscaler: autoscaleRangeOf(settings) === null ? null : Autoscaler,
    reserved: () => load.qty,
    clock: new VirtualClock(),
  });
  return { size, told, load, settings };
}

test('WORK-99 a pool that grows or shrinks by command takes the prefetch window with it', () => {
  const { size, told } = createSize({ workerConcurrency: 2 });
  size.grow(2);
  size.shrink(1);
  assert.deepEqual(told, ['pool 4', 'window 4', 'pool 3', 'window 3']);
  assert.deepEqual([size.size, size.autoscaler], [3, null]);
});

test('a size that no pool can have changes nothing', () => {
  const { size, told } = createSize({ workerConcurrency: 2 });
  assert.throws(() => {
    size.shrink(2);
  }, ConfigError);
  assert.deepEqual([size.size, told], [2, []]);
});

test('WORK-97 under an autoscaler it starts with the least, and the window is for the most', () => {
  const settings = settingsOf({ workerAutoscaleMax: 10, workerAutoscaleMin: 3, workerConcurrency: 5 });
  assert.deepEqual([concurrencyOf(settings), windowConcurrencyOf(settings)], [3, 10]);
  const fromNone = settingsOf({ workerAutoscaleMax: 10 });
  assert.deepEqual([concurrencyOf(fromNone), windowConcurrencyOf(fromNone)], [1, 10]);
});

test('pools with one member for all have no autoscaler', () => {
  for (const workerPool of ['solo', 'gevent', 'eventlet']) {
    assert.equal(autoscaleRangeOf(settingsOf({ workerPool, workerAutoscaleMax: 10 })), null);
  }
});

test('WORK-97 the window follows the range, not the members', () => {
  const { size, told, load } = createSize({ workerAutoscaleMax: 4, workerAutoscaleMin: 1 });
  load.qty = 3;
  size.received();
  assert.deepEqual(told.splice(0), ['pool 3']);
  assert.deepEqual(size.autoscale({ max: 2 }), { max: 2, min: 1 });
  assert.deepEqual(told, ['pool 2', 'window 2']);
  assert.deepEqual(size.autoscaler, { max: 2, min: 1, current: 2, qty: 3 });
});

test('commands and an autoscaler do not meet', () => {
  const scaled = createSize({ workerAutoscaleMax: 4 });
  for (const command of ['grow', 'shrink'] as const) {
    assert.throws(
      () => {
        scaled.size[command](1);
      },
      new RegExp(`pool_${command} is not supported with autoscale. Adjust autoscale range instead.`),
    );
  }
  assert.throws(() => createSize({}).size.autoscale({ max: 3 }), /Autoscale not enabled/);
});
