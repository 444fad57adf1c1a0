/** WORK-50 to 57: how long members of a worker live, and what becomes of those that end. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as later } from 'node:timers/promises';
import type { AsyncResult } from '../../core/app/public.js';
import { app } from '../support/members/worker-tasks.js';
import { Bench, endOf } from '../support/worker-bench.js';

const WAIT = { timeoutMs: 20_000 };

function valueOf(result: AsyncResult): Promise<unknown> {
  return result.get(WAIT);
}

async function threadOf(bench: Bench, task: 'keep' | 'litter', megabytes = 0): Promise<unknown> {
  return valueOf(await bench.send(task, [megabytes]));
}

describe('members of a worker', { timeout: 120_000 }, () => {
  test('WORK-50: a member is replaced after N tasks, its replacement started before; none without a number', async () => {
    await using bench = await Bench.start({ settings: { workerMaxTasksPerChild: 2 } });
    const threads: unknown[] = [];
    for (let n = 0; n < 6; n++) threads.push(await threadOf(bench, 'keep'));
    assert.deepEqual(
      threads.map((thread) => threads.indexOf(thread)),
      [0, 0, 2, 2, 4, 4],
    );
    const atOnce = await Promise.all(Array.from({ length: 12 }, () => threadOf(bench, 'keep')));
    for (const thread of new Set(atOnce)) assert.ok(atOnce.filter((other) => other === thread).length <= 2);
    // The second task is running, and there are two threads for one place.
    const held = [await bench.send('echo'), await bench.send('hold')];
    await bench.ear.started(held[1]?.id ?? '');
    await bench.until(() => bench.worker.stats().pool.processes.length === 2);
    bench.open(held[1]?.id ?? '');
    await valueOf(held[1] as AsyncResult);
    await using endless = await Bench.start();
    const one = new Set<unknown>();
    for (let n = 0; n < 20; n++) one.add(await threadOf(endless, 'keep'));
    assert.equal(one.size, 1);
  });

  test('WORK-51: what a member holds is looked at after each task; its result is kept, it is replaced, a warning has both figures', async () => {
    await using bench = await Bench.start({ settings: { workerMaxMemoryPerChild: 8_192 } });
    const littering = new Set<unknown>();
    for (let n = 0; n < 10; n++) littering.add(await threadOf(bench, 'litter', 12));
    assert.equal(littering.size, 1, 'garbage is no reason');
    const large = await bench.send('keep', [12]);
    const thread = await valueOf(large);
    assert.ok(littering.has(thread));
    assert.equal(await large.state(), 'SUCCESS');
    await bench.until(() => bench.log.some(({ message }) => message.includes('(heap)')));
    await bench.until(() => !bench.worker.stats().pool.processes.includes(Number(thread)));
    const warnings = bench.log.filter(({ message }) => message.includes('(heap)'));
    assert.equal(warnings[0]?.level, 'warn');
    assert.match(
      warnings[0].message,
      /member 0 is replaced \(heap\): it holds \d+ KiB, \d+ more than when it was loaded: more than 8192/,
    );
    assert.notEqual(await threadOf(bench, 'keep'), thread);
  });

  test('CONF-150: workerMaxMemoryPerChild is in KiB, and by default none', async () => {
    for (const [workerMaxMemoryPerChild, isReplaced] of [
      [4_096, true],
      [null, false],
    ] as const) {
      await using bench = await Bench.start({ settings: { workerMaxMemoryPerChild } });
      const thread = await threadOf(bench, 'keep', 6);
      if (isReplaced) await bench.until(() => !bench.worker.stats().pool.processes.includes(Number(thread)));
      assert.equal((await threadOf(bench, 'keep')) === thread, !isReplaced);
    }
    assert.equal(app.conf.workerMaxMemoryPerChild, null);
  });

  test('WORK-53: the result of a task that ended just before its member counts, then the member is lost', async () => {
    await using bench = await Bench.start();
    for (let n = 0; n < 5; n++) {
      const [ended, lethal] = [await bench.send('echo', [n]), await bench.send('early', ['exit'])];
      assert.equal(await valueOf(ended), n);
      assert.equal(await endOf(lethal), 'FAILURE');
    }
  });

  test('WORK-55: a short task never waits behind a long one while a member is free', async () => {
    await using bench = await Bench.start({ concurrency: 2 });
    const long = await bench.send('hold');
    await bench.ear.started(long.id);
    const short = await Promise.all([1, 2, 3, 4, 5, 6].map((n) => bench.send('echo', [n])));
    assert.deepEqual(await Promise.all(short.map(valueOf)), [1, 2, 3, 4, 5, 6]);
    assert.equal(bench.worker.active().length, 1);
    bench.open(long.id);
    assert.equal(await valueOf(long), 'opened');
  });

  test('WORK-56: no more tasks run at once than there are members', async () => {
    await using bench = await Bench.start({ concurrency: 2 });
    const held = await Promise.all([1, 2, 3, 4].map(() => bench.send('hold')));
    await bench.until(() => bench.worker.active().length === 2 && bench.worker.reserved().length === 2);
    await later(50);
    assert.equal(bench.worker.active().length, 2);
    const open = setInterval(() => {
      for (const { id } of held) bench.open(id);
    }, 20);
    await Promise.all(held.map(valueOf));
    clearInterval(open);
  });
});
