import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { SettingsInput } from '../../../core/settings/table.js';
import { EtaHold } from '../../../core/worker/eta-hold.js';
import type { Request } from '../../../core/worker/request.js';
import { heldRequest } from '../../support/held-request.js';
import { settingsOf } from '../../support/task-plan.js';
import { VirtualClock } from '../../support/virtual-clock.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Heap and buffers that are in use. */
function usedBytes(): number {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function createHold(options: { readonly settings?: SettingsInput; readonly hasNativeDelay?: boolean } = {}) {
  const clock = new VirtualClock();
  const due: Request[] = [];
  let raised = 0;
  const hold = new EtaHold({
    clock,
    settings: settingsOf(options.settings),
    hasNativeDelay: options.hasNativeDelay ?? false,
    window: { raise: () => raised++, lower: () => raised-- },
    onDue: (requests) => due.push(...requests),
  });
  return { hold, clock, due, raised: () => raised };
}

test('WORK-24 requests come out when they are due, earliest first, and the window is raised meanwhile', async () => {
  const { hold, clock, due, raised } = createHold();
  const [late, soon] = [heldRequest({ tag: 1 }), heldRequest({ tag: 2 })];
  assert.equal(hold.hold(late, 86_400_000), true);
  assert.equal(hold.hold(soon, 1_000), true);
  assert.deepStrictEqual([hold.size, raised()], [2, 2]);
  await clock.advance(999);
  assert.deepStrictEqual(due, []);
  await clock.advance(1);
  assert.deepStrictEqual(due, [soon]);
  assert.deepStrictEqual([hold.size, raised()], [1, 1]);
  await clock.advance(86_400_000);
  assert.deepStrictEqual(due, [soon, late]);
  assert.equal(raised(), 0);
});

test('B11 a broker that keeps delays gets back what is far off', () => {
  const { hold } = createHold({ hasNativeDelay: true });
  assert.equal(hold.hold(heldRequest(), 60_000), false);
  assert.equal(hold.hold(heldRequest(), 2_000), true);
});

test('OPT-09 beyond the limits of count and bytes the window is not raised, or the message goes back', () => {
  for (const settings of [{ workerEtaTaskLimit: 2 }, { workerEtaMaxBytes: 2 * '[[2,3],{},null]'.length }]) {
    const held = createHold({ settings });
    for (let tag = 1; tag <= 3; tag++) assert.equal(held.hold.hold(heldRequest({ tag }), 5_000), true);
    assert.deepStrictEqual([held.hold.size, held.raised()], [3, 2]);
    const native = createHold({ settings, hasNativeDelay: true });
    const taken = [1, 2, 3].map((tag) => native.hold.hold(heldRequest({ tag }), 5_000));
    assert.deepStrictEqual(taken, [true, true, false]);
  }
});

test('a request that is given up leaves nothing behind', async () => {
  const { hold, clock, due, raised } = createHold();
  const [first, second] = [heldRequest({ tag: 1 }), heldRequest({ tag: 2 })];
  hold.hold(first, 100);
  hold.hold(second, 100);
  assert.deepStrictEqual([hold.remove(first), hold.remove(first)], [true, false]);
  assert.deepStrictEqual(hold.takeAll(), [second]);
  assert.deepStrictEqual([hold.size, raised(), clock.timers], [0, 0, 0]);
  await clock.runUntilIdle();
  assert.deepStrictEqual(due, []);
});

test('a hundred thousand held requests, messages and all, take less than a kilobyte each', () => {
  const { hold, clock } = createHold({ settings: { workerEtaTaskLimit: null } });
  const before = usedBytes();
  for (let tag = 1; tag <= 100_000; tag++) hold.hold(heldRequest({ tag }), 60_000 + tag);
  const megabytes = (usedBytes() - before) / 1e6;
  assert.ok(megabytes < 100, `${megabytes.toFixed(0)} MB`);
  assert.equal(clock.timers, 1);
  assert.equal(hold.takeAll().length, 100_000);
});
