/** WORK-20 to 29: what a worker takes, holds and refuses. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { signals } from '../../core/app/public.js';
import { formatInstant } from '../../core/protocol/iso-instant.js';
import { app } from '../support/members/worker-tasks.js';
import { Bench, endOf, newQueue } from '../support/worker-bench.js';

function inMs(ms: number): string {
  return formatInstant(Date.now() + ms);
}

describe('what a worker receives', { timeout: 60_000 }, () => {
  let bench: Bench;
  before(async () => {
    bench = await Bench.start();
  });
  after(() => bench[Symbol.asyncDispose]());

  test('WORK-20: a worker holds its multiplier of messages for each member, 0 is without limit', async () => {
    for (const [workerPrefetchMultiplier, expected] of [
      [3, 3],
      [0, 9],
    ] as const) {
      const queue = newQueue();
      const sent = await Promise.all(Array.from({ length: 9 }, () => app.sendTask('worker.hold', { queue })));
      await using small = await Bench.start({ settings: { workerPrefetchMultiplier } }, queue);
      await small.until(async () => (await small.stats()).unacked === expected);
      assert.equal((await small.stats()).ready, sent.length - expected);
    }
    await using two = await Bench.start({ concurrency: 2, settings: { workerPrefetchMultiplier: 3 } });
    assert.equal(two.worker.stats().prefetchCount, 6);
  });

  test('WORK-21: without prefetch a worker takes no more than its members can run', async () => {
    await using eager = await Bench.start({ settings: { workerDisablePrefetch: true } });
    const [first] = await Promise.all([eager.send('hold'), eager.send('hold'), eager.send('hold')]);
    await eager.ear.started(first.id);
    const { unacked, ready } = await eager.stats();
    assert.deepStrictEqual([unacked, ready], [1, 2]);
  });

  test('WORK-22: a message is logged and signalled as received before its ETA has come', async () => {
    const received: unknown[] = [];
    const disconnect = signals.taskReceived.connect(({ request }) => received.push(request));
    await bench.publish({ lang: 'py', task: 'worker.echo', id: 'received', eta: inMs(5_000), argsrepr: '(1,)' });
    await bench.until(() => received.length > 0);
    disconnect();
    const { id, name, args } = received[0] as { readonly id: string; readonly name: string; readonly args: string };
    assert.deepStrictEqual([id, name, args], ['received', 'worker.echo', '(1,)']);
    assert.ok(bench.log.some(({ level, message }) => level === 'info' && /\[received\] received/.test(message)));
    assert.equal(bench.ear.starts('received'), 0);
    bench.worker.revoke('received');
  });

  test('WORK-23: what expires is REVOKED and acknowledged, at its receipt and behind a long task in a lane', async () => {
    await bench.publish({ lang: 'py', task: 'worker.echo', id: 'too-late', expires: inMs(-1_000) });
    assert.equal(await endOf(app.asyncResult('too-late')), 'REVOKED');
    await assert.rejects(app.asyncResult('too-late').get(), /expired/);
    assert.ok(bench.worker.revoked().includes('too-late'));
    const long = await bench.send('hold');
    await bench.ear.started(long.id);
    await bench.publish({ lang: 'py', task: 'worker.echo', id: 'in-lane', expires: inMs(60) });
    assert.equal(await endOf(app.asyncResult('in-lane')), 'REVOKED');
    await assert.rejects(app.asyncResult('in-lane').get(), /expired/);
    assert.ok(bench.worker.revoked().includes('in-lane'));
    bench.open(long.id);
    await long.get({ timeoutMs: 20_000 });
    await bench.until(async () => (await bench.stats()).unacked === 0);
    assert.deepStrictEqual([bench.ear.starts('too-late'), bench.ear.starts('in-lane')], [0, 0]);
  });

  test('WORK-24: an ETA task is held unacknowledged, listed as scheduled, and raises the prefetch until it fires', async () => {
    const before = bench.worker.stats().prefetchCount;
    const eta = Date.now() + 400;
    for (const id of ['eta-1', 'eta-2'])
      await bench.publish({ lang: 'py', task: 'worker.echo', id, eta: formatInstant(eta) });
    await bench.until(() => bench.worker.scheduled().length === 2);
    assert.equal(bench.worker.stats().prefetchCount, before + 2);
    assert.deepStrictEqual(
      bench.worker
        .scheduled()
        .map(({ request }) => request.id)
        .sort(),
      ['eta-1', 'eta-2'],
    );
    assert.deepStrictEqual([bench.worker.active(), bench.worker.reserved()], [[], []]);
    assert.equal((await bench.stats()).unacked, 2);
    const { atMs } = await bench.ear.started('eta-1');
    assert.ok(atMs >= eta, `${String(eta - atMs)} ms early`);
    await app.asyncResult('eta-2').get({ timeoutMs: 20_000 });
    assert.equal(bench.worker.stats().prefetchCount, before);
  });

  test('WORK-25: an ETA with an offset is that instant, one without is in the zone of the worker', async () => {
    const queue = newQueue();
    await using tokyo = await Bench.start({ settings: { enableUtc: false, timezone: 'Asia/Tokyo' } }, queue);
    // Nine hours ahead of UTC: what reads as hours in the future there is past.
    const naive = new Date(Date.now() + 5 * 3_600_000).toISOString().slice(0, 19);
    await tokyo.publish({ lang: 'py', task: 'worker.echo', id: 'naive', eta: naive });
    await tokyo.publish({
      lang: 'py',
      task: 'worker.echo',
      id: 'aware',
      eta: `${new Date(Date.now() + 8_000).toISOString().slice(0, 19)}+00:00`,
    });
    await app.asyncResult('naive').get({ timeoutMs: 20_000 });
    assert.deepStrictEqual(
      tokyo.worker.scheduled().map(({ request }) => request.id),
      ['aware'],
    );
    await bench.publish({ lang: 'py', task: 'worker.echo', id: 'far', eta: '9999-12-31T00:00:00' });
    await bench.until(async () => (await bench.deaths()).includes('eta-too-far'));
  });

  test('WORK-26: a past ETA runs at once', async () => {
    await bench.publish({ lang: 'py', task: 'worker.echo', id: 'past', eta: inMs(-86_400_000) });
    assert.equal(await app.asyncResult('past').get({ timeoutMs: 20_000 }), 1);
    assert.deepStrictEqual(
      bench.worker.scheduled().filter(({ request }) => request.id === 'past'),
      [],
    );
  });

  test('WORK-27: after its ETA a task waits for its turn in the rate limit', async () => {
    const eta = inMs(150);
    const ids = ['turn-1', 'turn-2', 'turn-3'];
    for (const id of ids) await bench.publish({ lang: 'py', task: 'worker.limited', id, eta });
    await bench.until(() => bench.worker.scheduled().length === 3);
    const words = await Promise.all(ids.map((id) => bench.ear.started(id)));
    const times = words.map(({ atMs }) => atMs).sort((a, b) => a - b);
    assert.ok(
      (times[2] ?? 0) - (times[0] ?? 0) >= 180,
      `${String((times[2] ?? 0) - (times[0] ?? 0))} ms for three at 10/s`,
    );
  });

  test('WORK-28: unknown, malformed, disallowed and unreadable messages are dead letters with their reasons', async () => {
    await using strict = await Bench.start();
    await strict.publish({ lang: 'py', task: 'worker.nobody', id: 'unknown' });
    await strict.publish({ lang: 'py', task: 'worker.echo', id: 'bad-eta', eta: 'tomorrow' });
    await strict.publish(
      { lang: 'py', task: 'worker.echo', id: 'pickle' },
      { contentType: 'application/x-python-serialize' },
    );
    await strict.publish({ lang: 'py', task: 'worker.echo', id: 'unreadable' }, { body: '[[1],{}' });
    await strict.publish({ hello: 'world' }, { body: '"no task"' });
    await strict.until(async () => (await strict.deaths()).length === 5);
    const reasons = [...(await strict.deaths())].sort();
    assert.deepStrictEqual(reasons, [
      'bad-time',
      'content-disallowed',
      'unknown-message',
      'unknown-task',
      'unreadable',
    ]);
    for (const id of ['unknown', 'pickle', 'unreadable']) assert.equal(await endOf(app.asyncResult(id)), 'FAILURE', id);
    await assert.rejects(app.asyncResult('unknown').get(), /NotRegistered|worker\.nobody/);
    const levels = [
      'unknown-task: task "worker.nobody" is not registered',
      'content-disallowed: ',
      'unknown-message: ',
    ].map((reason) => strict.log.find(({ message }) => message.includes(`does not run: ${reason}`))?.level);
    assert.deepStrictEqual(levels, ['error', 'error', 'warn']);
    // The worker lives.
    assert.equal(await (await strict.send('echo', ['alive'])).get({ timeoutMs: 20_000 }), 'alive');
  });

  test('WORK-29: queues are added and cancelled while the worker runs', async () => {
    const further = newQueue();
    const task = await app.sendTask('worker.echo', { args: ['further'], queue: further });
    await bench.worker.addConsumer(further);
    assert.equal(await task.get({ timeoutMs: 20_000 }), 'further');
    assert.deepStrictEqual(bench.worker.queues, [bench.queue, further]);
    await bench.worker.cancelConsumer(further);
    assert.deepStrictEqual(bench.worker.queues, [bench.queue]);
    await app.sendTask('worker.echo', { queue: further });
    await (await bench.send('echo')).get({ timeoutMs: 20_000 });
    assert.equal((await bench.stats(further)).ready, 1);
  });
});
