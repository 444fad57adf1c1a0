/** MIS-10, 11, 18 to 20, 28, 29, 37 and 38: what is often misunderstood of workers. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { formatInstant } from '../../core/protocol/iso-instant.js';
import { app } from '../support/members/worker-tasks.js';
import { Bench, endOf, newQueue } from '../support/worker-bench.js';

describe('what is misunderstood of workers', { timeout: 60_000 }, () => {
  let bench: Bench;
  before(async () => {
    await app.connections.backend();
    bench = await Bench.start();
  });
  after(async () => {
    await bench[Symbol.asyncDispose]();
    await app.close();
  });

  test('MIS-10: an id stays revoked: its retry and a task that is sent again under it are dropped', async () => {
    bench.worker.revoke('twice');
    for (const retries of [0, 1]) {
      await bench.publish({ lang: 'py', task: 'worker.echo', id: 'twice', retries });
      await bench.until(async () => (await bench.stats()).ready + (await bench.stats()).unacked === 0);
    }
    assert.equal(await endOf(app.asyncResult('twice')), 'REVOKED');
    assert.equal(bench.ear.starts('twice'), 0);
  });

  test('MIS-11: revoke without terminate does not stop a running task', async () => {
    const running = await bench.send('watchful');
    await bench.ear.started(running.id);
    bench.worker.revoke(running.id);
    bench.open(running.id);
    assert.equal(await running.get({ timeoutMs: 20_000 }), false);
  });

  test('MIS-18: a message that is delivered again runs again, unless its success is known and deduplication is on', async () => {
    for (const [workerDeduplicateSuccessfulTasks, starts] of [
      [false, 2],
      [true, 1],
    ] as const) {
      await using known = await Bench.start({ settings: { workerDeduplicateSuccessfulTasks } });
      const sent = await known.send('echo', ['once']);
      await sent.get({ timeoutMs: 20_000 });
      await known.until(async () => (await known.stats()).unacked === 0);
      // Another worker takes the same message and dies of it: the broker gives it out once more.
      await known.publish({ lang: 'py', task: 'worker.echo', id: sent.id });
      await known.worker.cancelConsumer(known.queue);
      await redeliver(known);
      await known.worker.addConsumer(known.queue);
      await known.until(async () => (await known.stats()).ready + (await known.stats()).unacked === 0);
      // The one member says what it does in order: by now it has said all of the other.
      await known.ear.started((await known.send('echo', ['after'])).id);
      assert.equal(known.ear.starts(sent.id), starts);
      assert.equal(await sent.state(), 'SUCCESS');
    }
  });

  test('MIS-19: late acknowledgement does not mean that a failed task is delivered again', async () => {
    const failed = await bench.send('late', ['fail']);
    assert.equal(await endOf(failed), 'FAILURE');
    await bench.until(async () => (await bench.stats()).ready + (await bench.stats()).unacked === 0);
    assert.equal(bench.ear.starts(failed.id), 1);
  });

  test('MIS-20: a task that is rejected with requeue again and again is delivered again and again, with early acknowledgement never', async () => {
    const late = await bench.send('late', ['requeue']);
    await bench.until(() => bench.ear.starts(late.id) === 2);
    const early = await bench.send('early', ['requeue']);
    await bench.ear.started(early.id);
    await (await bench.send('echo')).get({ timeoutMs: 20_000 });
    assert.equal(bench.ear.starts(early.id), 1);
  });

  test('MIS-28: with a multiplier of 1 and early acknowledgement a member reserves one more than it runs; 0 is no limit', async () => {
    await using early = await Bench.start({ settings: { workerPrefetchMultiplier: 1 } });
    const [first] = [await early.send('holdEarly'), await early.send('holdEarly'), await early.send('holdEarly')];
    await early.ear.started(first.id);
    await early.until(async () => (await early.stats()).unacked === 1);
    assert.equal((await early.stats()).ready, 1);
    await using unlimited = await Bench.start({ settings: { workerPrefetchMultiplier: 0 } });
    assert.equal(unlimited.worker.stats().prefetchCount, 0);
  });

  test('MIS-29: a rate limit holds for one worker: two workers give twice the rate, each with a burst of one', async () => {
    const queue = newQueue();
    await using one = await Bench.start({ settings: { workerPrefetchMultiplier: 1 } }, queue);
    await using two = await Bench.start({ settings: { workerPrefetchMultiplier: 1 } }, queue);
    for (const { worker } of [one, two]) worker.rateLimit('worker.echo', '1/h');
    const sent = [await one.send('echo'), await one.send('echo'), await one.send('echo')];
    await one.until(() => sent.filter(({ id }) => one.ear.starts(id) > 0).length === 2);
    assert.equal(two.worker.registered().find(({ name }) => name === 'worker.echo')?.ratePerSecond, 1 / 3_600);
  });

  test('MIS-37: a warm stop waits for running tasks without limit; a bound can be given later', async () => {
    const slow = await Bench.start();
    const running = await slow.send('hold');
    await slow.ear.started(running.id);
    const stopped = slow.worker.close();
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(slow.worker.state, 'closing');
    await slow.worker.close({ timeoutMs: 0 });
    await stopped;
    assert.equal((await slow.stats()).ready, 1);
    slow.ear.close();
  });

  test('MIS-38: purge does not touch what workers hold; it comes back when they stop', async () => {
    const holding = await Bench.start();
    const running = await holding.send('hold');
    await holding.ear.started(running.id);
    await holding.publish({ lang: 'py', task: 'worker.echo', id: 'held-eta', eta: formatInstant(Date.now() + 9_000) });
    await holding.until(() => holding.worker.scheduled().length === 1);
    await holding.worker.cancelConsumer(holding.queue);
    await holding.send('echo');
    assert.equal(await (await holding.transport()).purge(holding.queue), 1);
    await holding.worker.close({ timeoutMs: 0 });
    assert.equal((await holding.stats()).ready, 2);
    holding.ear.close();
  });
});

/** Takes what is ready in the queue and gives it back as a member that was lost would. */
async function redeliver({ queue, transport }: Pick<Bench, 'queue' | 'transport'>): Promise<void> {
  const broker = await transport();
  let onTaken: (tags: readonly number[]) => void = () => undefined;
  const taken = new Promise<readonly number[]>((resolve) => (onTaken = resolve));
  const consumer = await broker.consume({
    queues: [queue],
    prefetchCount: 1,
    onDeliveries: (batch) => {
      onTaken(batch.map(({ tag }) => tag));
    },
    onLost: () => undefined,
  });
  const tags = await taken;
  await consumer.cancel();
  await consumer.settle(
    tags.map((tag) => ({ action: 'requeue', tag: tag as never, countsAsDelivery: true, delayMs: 0 })),
  );
  await consumer.close();
}
