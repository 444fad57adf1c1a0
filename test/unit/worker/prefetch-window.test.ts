import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SettingsInput } from '../../../core/settings/table.js';
import { PrefetchWindow } from '../../../core/worker/prefetch-window.js';
import { settingsOf } from '../../support/task-plan.js';
import { turn } from '../../support/virtual-clock.js';

function createWindow(settings: SettingsInput = {}) {
  const told: number[] = [];
  const window = new PrefetchWindow({
    settings: settingsOf(settings),
    concurrency: 2,
    onChange: (count) => told.push(count),
  });
  return { window, told };
}

test('WORK-20 the window is the multiplier for each run that a member can hold; 0 is no limit', () => {
  assert.equal(createWindow().window.count, 8);
  assert.equal(createWindow({ workerPrefetchMultiplier: 0 }).window.count, 0);
  assert.equal(createWindow({ workerDisablePrefetch: true }).window.count, 2);
  assert.equal(createWindow({ workerAsyncPerMember: 100 }).window.count, 800);
  assert.equal(createWindow({ workerAsyncPerMember: 100, workerDisablePrefetch: true }).window.count, 200);
});

test('WORK-24 what is held raises the window, told once a turn and only when it changes', async () => {
  const { window, told } = createWindow();
  for (let i = 0; i < 5; i++) window.raise();
  await turn();
  window.raise();
  window.lower();
  await turn();
  for (let i = 0; i < 5; i++) window.lower();
  await turn();
  assert.deepStrictEqual(told, [13, 8]);
});

test('WORK-24 beyond what AMQP can count the window is without limit', async () => {
  const { window } = createWindow({ workerPrefetchMultiplier: 32_767 });
  assert.equal(window.count, 65_534);
  window.raise();
  assert.equal(window.count, 65_535);
  window.raise();
  assert.equal(window.count, 0);
  await turn();
});

test('M14 while the bodies in hand weigh too much nothing more is taken', async () => {
  const { window, told } = createWindow({ workerPrefetchMaxBytes: 100 });
  window.weigh(100);
  await turn();
  window.weigh(1);
  await turn();
  window.weigh(-1);
  await turn();
  assert.deepStrictEqual(told, [1, 8]);
});

test('the concurrency of a green pool counts tasks already', async () => {
  for (const [workerPool, count] of [
    ['gevent', 8],
    ['threads', 80],
  ] as const) {
    assert.equal(createWindow({ workerPool, workerAsyncPerMember: 10 }).window.count, count);
  }
  await turn();
});

test('a pool of another size has another window', async () => {
  const { window, told } = createWindow();
  window.resize(5);
  await turn();
  assert.deepStrictEqual(told, [20]);
});

test('BUG-26 whoever waits for others raises the window by one, until all of its waits, or it, have ended', async () => {
  const { window } = createWindow();
  const [one, other] = [{}, {}];
  const base = window.count;
  window.raiseFor(one);
  window.raiseFor(one);
  window.raiseFor(other);
  assert.equal(window.count, base + 2);
  window.lowerFor(one);
  assert.equal(window.count, base + 2);
  window.lowerFor(one);
  assert.equal(window.count, base + 1);
  window.forget(other);
  window.lowerFor(other);
  window.forget({});
  assert.equal(window.count, base);
  await turn();
});
