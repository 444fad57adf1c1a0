/** WORK-96 to 99 and BUG-06: the size of a worker that runs. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { AsyncResult } from '../../core/app/public.js';
import { app } from '../support/members/worker-tasks.js';
import { EagerAutoscaler } from '../support/members/eager-autoscaler.js';
import { Bench } from '../support/worker-bench.js';

const KEEPALIVE_MS = 300;
const WAIT = { timeoutMs: 20_000 };

function scaled(max: number, min: number, more: object = {}) {
  const settings = { workerAutoscaleMax: max, workerAutoscaleMin: min, workerAutoscaleKeepaliveMs: KEEPALIVE_MS };
  return Bench.start({ settings: { ...settings, ...more } });
}

function sizeOf(bench: Bench): number | undefined {
  return bench.worker.stats().autoscaler?.current;
}

/** Sends tasks that run until they are opened, and waits until all of them do. */
async function hold(bench: Bench, count: number): Promise<readonly AsyncResult[]> {
  const held = await Promise.all(Array.from({ length: count }, () => bench.send('hold')));
  await Promise.all(held.map(({ id }) => bench.ear.started(id)));
  return held;
}

async function open(bench: Bench, held: readonly AsyncResult[]): Promise<void> {
  for (const { id } of held) bench.open(id);
  await Promise.all(held.map((result) => result.get(WAIT)));
}

describe('the size of a worker', { timeout: 60_000 }, () => {
  test('WORK-96: it grows by the tasks in hand up to the most, and shrinks to the least after the keep-alive time', async () => {
    await using bench = await scaled(3, 1);
    assert.equal(sizeOf(bench), 1);
    const held = await hold(bench, 3);
    const more = await Promise.all([bench.send('hold'), bench.send('hold')]);
    await bench.until(() => bench.worker.stats().autoscaler?.qty === 5);
    assert.equal(sizeOf(bench), 3);
    assert.equal(bench.worker.active().length, 3);
    // As long as they are needed they stay.
    await new Promise((resolve) => setTimeout(resolve, 3 * KEEPALIVE_MS));
    assert.equal(sizeOf(bench), 3);
    await open(bench, held);
    await Promise.all(more.map(({ id }) => bench.ear.started(id)));
    await open(bench, more);
    await bench.until(() => sizeOf(bench) === 1);
    await bench.until(() => bench.worker.stats().pool.processes.length === 1);
  });

  test('WORK-97: it starts with the least, prefetch is for the most, and new bounds hold at once', async () => {
    await using bench = await scaled(4, 2);
    const multiplier = bench.worker.settings.workerPrefetchMultiplier;
    assert.equal(bench.worker.stats().pool.processes.length, 2);
    assert.equal(bench.worker.stats().prefetchCount, 4 * multiplier);
    const change = (range: { readonly max?: number; readonly min?: number }) =>
      app.control.autoscale(range, { destination: bench.worker.hostname, reply: true, timeoutMs: 10_000 });
    const words = [...(await change({ min: 3 })).values()];
    assert.deepEqual([words, sizeOf(bench)], [[{ ok: 'autoscale now max=4 min=3' }], 3]);
    await change({ max: 2, min: 1 });
    assert.deepEqual([sizeOf(bench), bench.worker.stats().prefetchCount], [2, 2 * multiplier]);
  });

  test("WORK-98: workerAutoscaler is a class of one's own by path, and tells its bounds and what it has in hand", async () => {
    await using bench = await scaled(5, 1, { workerAutoscaler: './eager-autoscaler.js:EagerAutoscaler' });
    assert.deepEqual(bench.worker.stats().autoscaler, { max: 5, min: 1, current: 1, qty: 0 });
    const held = await hold(bench, 1);
    assert.deepEqual(bench.worker.stats().autoscaler, { max: 5, min: 1, current: 3, qty: 1 });
    await open(bench, held);
  });

  test('CONF-166: workerAutoscaler is a class, or where it is', async () => {
    for (const workerAutoscaler of [EagerAutoscaler, './eager-autoscaler.js:EagerAutoscaler']) {
      await using bench = await scaled(5, 1, { workerAutoscaler });
      const held = await hold(bench, 1);
      assert.equal(sizeOf(bench), 3);
      await open(bench, held);
    }
    assert.equal(app.conf.workerAutoscaler, null);
    await assert.rejects(scaled(5, 1, { workerAutoscaler: './worker-tasks.js:echo' }), /no maybeScale|is no class/);
  });

  test('WORK-99: a pool that grows or shrinks takes the prefetch window with it', async () => {
    await using bench = await Bench.start();
    const multiplier = bench.worker.settings.workerPrefetchMultiplier;
    const to = { destination: bench.worker.hostname, reply: true, timeoutMs: 10_000 };
    assert.deepEqual([...(await app.control.poolGrow(2, to)).values()], [{ ok: 'pool will grow' }]);
    assert.equal(bench.worker.stats().prefetchCount, 3 * multiplier);
    await open(bench, await hold(bench, 3));
    assert.deepEqual([...(await app.control.poolShrink(1, to)).values()], [{ ok: 'pool will shrink' }]);
    assert.equal(bench.worker.stats().prefetchCount, 2 * multiplier);
    await bench.until(() => bench.worker.stats().pool.processes.length === 2);
  });

  test('BUG-06: members that were added by a raised minimum are given up after the keep-alive time, too', async () => {
    await using bench = await scaled(4, 1);
    bench.worker.autoscale({ min: 3 });
    assert.equal(sizeOf(bench), 3);
    bench.worker.autoscale({ min: 1 });
    await bench.until(() => sizeOf(bench) === 1);
  });
});
