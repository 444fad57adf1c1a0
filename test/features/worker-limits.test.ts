/** WORK-30 to 34: rate limits of tasks. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ConfigError } from '../../core/app/public.js';
import { intakeBench } from '../support/intake-bench.js';
import { taskDelivery } from '../support/task-delivery.js';
import { Bench } from '../support/worker-bench.js';

describe('rate limits', { timeout: 60_000 }, () => {
  test('WORK-30: a limit is a number a second, or a text with /s, /m or /h, for one task and one worker', async () => {
    await using bench = await Bench.start();
    const rates: readonly (readonly [string | number | null, number | null])[] = [
      ['30/m', 0.5],
      ['36/h', 0.01],
      ['2.5/s', 2.5],
      ['0.5/s', 0.5],
      ['10', 10],
      [7, 7],
      [0.25, 0.25],
      [0, null],
      ['', null],
      [null, null],
    ];
    for (const [limit, ratePerSecond] of rates) {
      bench.worker.rateLimit('worker.echo', limit);
      const echo = bench.worker.registered().find(({ name }) => name === 'worker.echo');
      assert.deepStrictEqual(echo, { name: 'worker.echo', ratePerSecond });
    }
    assert.throws(() => {
      bench.worker.rateLimit('worker.echo', 'fast');
    }, ConfigError);
    // Another task keeps its own.
    assert.equal(bench.worker.registered().find(({ name }) => name === 'worker.limited')?.ratePerSecond, 10);
  });

  test('WORK-31: a bucket holds one token: after a pause the second of two tasks still waits', async () => {
    const { intake, pool, clock } = intakeBench({ task: { rateLimit: '10/s' }, hasNativeDelay: false });
    await clock.advance(250);
    intake.receive([1, 2].map((tag) => taskDelivery({ tag })));
    assert.equal(pool.jobs.size, 1);
    await clock.advance(99);
    assert.equal(pool.jobs.size, 1);
    await clock.advance(1);
    assert.equal(pool.jobs.size, 2);
  });

  test('WORK-32: tasks run in the order of their coming as the rate allows, and others are not held up', async () => {
    await using bench = await Bench.start();
    // Before the first token is taken: the first start may come later than its turn.
    const sentMs = Date.now();
    const sent = [];
    for (let n = 1; n <= 4; n++) sent.push(await bench.send('limited', [n]));
    const other = await bench.send('echo', ['free']);
    const starts = await Promise.all(sent.map(({ id }) => bench.ear.started(id)));
    const lastMs = (starts[3]?.atMs ?? 0) - sentMs;
    // A millisecond for the rounding of either clock.
    assert.ok(lastMs >= 298, `${String(lastMs)} ms for four at 10/s`);
    const order = bench.ear.words.map(({ value }) => value);
    assert.ok(order.indexOf('free') < order.indexOf(3), order.join());
    assert.equal(await other.get({ timeoutMs: 20_000 }), 'free');
  });

  test('WORK-33: a default for all, none with workerDisableRateLimits, and a change that carries over what waits', async () => {
    await using slow = await Bench.start({ settings: { taskDefaultRateLimit: '5/s' } });
    const all = slow.worker.registered();
    assert.equal(all.find(({ name }) => name === 'worker.echo')?.ratePerSecond, 5);
    assert.equal(all.find(({ name }) => name === 'worker.limited')?.ratePerSecond, 10);
    slow.worker.rateLimit('worker.echo', '1/h');
    const sent = await Promise.all(['a', 'b', 'c'].map((value) => slow.send('echo', [value])));
    await slow.ear.started(sent[0]?.id ?? '');
    await slow.until(() => slow.worker.reserved().length > 0);
    // Into another bucket first, then to their turn.
    slow.worker.rateLimit('worker.echo', '2/h');
    slow.worker.rateLimit('worker.echo', null);
    const values = await Promise.all(sent.slice(1).map((result) => result.get({ timeoutMs: 20_000 })));
    assert.deepStrictEqual(values, ['b', 'c']);
    await using free = await Bench.start({ settings: { workerDisableRateLimits: true } });
    assert.ok(free.worker.registered().every(({ ratePerSecond }) => ratePerSecond === null));
    assert.throws(() => {
      free.worker.rateLimit('worker.echo', 1);
    }, ConfigError);
  });

  test('WORK-34: a lost connection clears what waits in the buckets; the limit stays', async () => {
    const { intake, pool, clock, batches } = intakeBench({
      task: { rateLimit: '1/s' },
      hasNativeDelay: false,
      outcome: 'gone',
    });
    intake.receive([1, 2, 3].map((tag) => taskDelivery({ tag })));
    assert.equal(pool.jobs.size, 1);
    // What runs goes on.
    for (const job of pool.jobs.keys()) pool.begin(job);
    intake.dropUnstarted();
    await clock.advance(10_000);
    const settled = batches.flat().map(({ action, tag }) => `${action} ${String(tag)}`);
    assert.deepStrictEqual(settled, ['requeue 2', 'requeue 3']);
    assert.equal(clock.timers, 0);
    intake.receive([4, 5].map((tag) => taskDelivery({ tag })));
    assert.equal(pool.jobs.size, 2);
  });
});
