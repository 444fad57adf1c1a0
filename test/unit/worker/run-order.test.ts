/** Ordering keys and caps of a worker, seen by what its tasks say. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConfigError } from '../../../core/app/public.js';
import { resolveTaskOptions } from '../../../core/task/resolve-task-options.js';
import { Bench, endOf } from '../../support/worker-bench.js';

describe('the order of runs in a worker', { timeout: 60_000 }, () => {
  it('runs the calls of one key one after another, in order, and others at once', async () => {
    await using bench = await Bench.start({ concurrency: 2 });
    const [first, second, third] = [
      await bench.send('hold', [], { orderingKey: 'account 7' }),
      await bench.send('hold', [], { orderingKey: 'account 7' }),
      await bench.send('hold', [], { orderingKey: 'account 7' }),
    ];
    const other = await bench.send('hold', [], { orderingKey: 'account 8' });
    await bench.ear.started(first.id);
    await bench.ear.started(other.id);
    assert.equal(bench.ear.starts(second.id), 0, 'two members, but the key is taken');
    bench.open(other.id);
    assert.equal(await endOf(other), 'SUCCESS');
    // A member is free, and runs what has no key.
    assert.equal(await endOf(await bench.send('echo', ['free'])), 'SUCCESS');
    assert.equal(bench.ear.starts(second.id), 0);
    bench.open(first.id);
    await bench.ear.started(second.id);
    assert.equal(bench.ear.starts(third.id), 0);
    bench.open(second.id);
    await bench.ear.started(third.id);
    bench.open(third.id);
    assert.equal(await endOf(third), 'SUCCESS');
  });

  it('runs no more calls of a task than its concurrencyLimit, whatever the number of members', async () => {
    await using bench = await Bench.start({ concurrency: 2 });
    const [first, second] = [await bench.send('capped'), await bench.send('capped')];
    await bench.ear.started(first.id);
    assert.equal(await endOf(await bench.send('echo', ['free'])), 'SUCCESS');
    assert.equal(bench.ear.starts(second.id), 0);
    bench.open(first.id);
    await bench.ear.started(second.id);
    bench.open(second.id);
    assert.equal(await endOf(second), 'SUCCESS');
  });

  it('frees the key of a run that dies with its member', async () => {
    await using bench = await Bench.start();
    const lost = await bench.send('early', ['exit'], { orderingKey: 'k' });
    const next = await bench.send('echo', [1], { orderingKey: 'k' });
    assert.equal(await endOf(lost), 'FAILURE');
    assert.equal(await endOf(next), 'SUCCESS');
  });

  it('hands back what waits for its key when the worker closes', async () => {
    const bench = await Bench.start();
    const [first, second] = [
      await bench.send('hold', [], { orderingKey: 'k' }),
      await bench.send('hold', [], { orderingKey: 'k' }),
    ];
    await bench.ear.started(first.id);
    const closed = bench.worker.close({ timeoutMs: 30_000 });
    bench.open(first.id);
    await closed;
    assert.equal(bench.ear.starts(second.id), 0);
    assert.equal((await bench.stats()).ready, 1);
    bench.ear.close();
  });

  it('refuses keys and limits that make no sense where they are written', async () => {
    await using bench = await Bench.start();
    for (const orderingKey of ['', 'x'.repeat(256), 7]) {
      await assert.rejects(bench.send('echo', [1], { orderingKey }), ConfigError);
    }
    for (const concurrencyLimit of [0, -1, 1.5]) {
      assert.throws(() => resolveTaskOptions('shop.add', { concurrencyLimit }), ConfigError);
    }
    assert.equal(resolveTaskOptions('shop.add', { concurrency_limit: 2 }).concurrencyLimit, 2);
  });
});
