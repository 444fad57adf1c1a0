/** What every transport must tell of its queues, and how a consumer takes from more or fewer of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TransportCapabilities } from '../../core/ports/transport.js';
import { ack, idOf, idsOf, Inbox, message, requeue, type OpenTransport } from './transport-inbox.js';

export function exerciseQueues(open: OpenTransport, capabilities: TransportCapabilities): void {
  test('declared and used queues are known by name', async () => {
    const transport = await open();
    await transport.declare([{ name: 'declared', durable: true }]);
    await transport.declare([{ name: 'declared', durable: true }]);
    await transport.publish([message('a', { queue: 'used' })]);
    const queues = await transport.queues();
    assert.ok(queues.includes('declared'));
    assert.ok(queues.includes('used'));
  });

  test('purge removes what is ready and leaves what is unsettled', async () => {
    const transport = await open();
    await transport.publish([message('held'), message('b'), message('c'), message('other', { queue: 'p' })]);
    const inbox = await Inbox.open(transport, { prefetchCount: 1 });
    const held = await inbox.one();
    assert.equal(await transport.purge('q'), 2);
    assert.equal(await transport.count('q'), 0);
    assert.equal(await transport.count('p'), 1);
    await inbox.consumer.settle([requeue(held)]);
    assert.equal(idOf(await inbox.one()), 'held');
  });

  test('browse looks at the oldest without taking them', async () => {
    const transport = await open();
    await transport.publish(['a', 'b', 'c'].map((id) => message(id)));
    assert.deepEqual(idsOf(await transport.browse('q', 2)), ['a', 'b']);
    assert.equal(await transport.count('q'), 3);
    assert.deepEqual(await transport.browse('nowhere', 2), []);
    assert.equal(await transport.count('nowhere'), 0);
  });

  test('the figures of a queue: ready, unacked, delayed, consumers, and the age of the oldest', async () => {
    const transport = await open();
    const observer = await open();
    const none = { ready: 0, unacked: 0, delayed: 0, consumers: 0, oldestAgeMs: null };
    assert.deepEqual(await observer.stats('q'), none);
    const before = Date.now();
    await transport.publish(['a', 'b', 'c'].map((id) => message(id)));
    const inbox = await Inbox.open(transport, { prefetchCount: 1 });
    const held = await inbox.one();
    const { oldestAgeMs, ...figures } = await observer.stats('q');
    assert.deepEqual(figures, { ready: 2, unacked: 1, delayed: 0, consumers: 1 });
    assert.ok(oldestAgeMs === null || (oldestAgeMs >= 0 && oldestAgeMs <= Date.now() - before));
    await inbox.consumer.settle([ack(held)]);
    await inbox.take(1);
    assert.equal((await observer.stats('q')).unacked, 1);
    await inbox.consumer.close();
    assert.deepEqual({ ...(await observer.stats('q')), oldestAgeMs: null }, { ...none, ready: 2 });
  });

  test(
    'delayed and unacked messages can be looked at, too',
    { skip: capabilities.handles && capabilities.nativeDelay ? false : 'the store does not show them' },
    async () => {
      const transport = await open();
      await transport.publish([message('held'), message('later', { notBeforeEpochMs: Date.now() + 60_000 })]);
      await (await Inbox.open(transport)).one();
      assert.equal((await transport.stats('q')).delayed, 1);
      const [held] = await transport.browse('q', 5, 'unacked');
      const [later] = await transport.browse('q', 5, 'delayed');
      assert.ok(held && later);
      assert.deepEqual([idOf(held), held.state], ['held', 'unacked']);
      assert.deepEqual([idOf(later), later.state], ['later', 'delayed']);
      assert.ok(later.publishedEpochMs !== null && Math.abs(Date.now() - later.publishedEpochMs) < 10_000);
      assert.deepEqual(await transport.browse('q', 5), []);
    },
  );

  test('a consumer takes from further queues, within the one window', async () => {
    const transport = await open();
    const inbox = await Inbox.open(transport, { queues: ['one'], prefetchCount: 3 });
    await transport.publish([
      message('a', { queue: 'one' }),
      ...['b', 'c', 'd'].map((id) => message(id, { queue: 'two' })),
    ]);
    assert.equal(idOf(await inbox.one()), 'a');
    await inbox.consumer.addQueues(['two', 'one']);
    assert.deepEqual(idsOf(await inbox.take(2)), ['b', 'c']);
    assert.equal(await transport.count('two'), 1);
    assert.equal((await transport.stats('one')).consumers, 1);
    await inbox.consumer.settle([ack(inbox.received[0] ?? assert.fail())]);
    assert.equal(idOf(await inbox.one()), 'd');
  });

  test('from a queue that was taken away nothing more comes, what is unsettled stays valid and in the window', async () => {
    const transport = await open();
    const inbox = await Inbox.open(transport, { queues: ['one', 'two'], prefetchCount: 2 });
    await transport.publish([message('a', { queue: 'one' })]);
    const a = await inbox.one();
    await inbox.consumer.removeQueues(['one', 'unknown']);
    await transport.publish([message('b', { queue: 'one' })]);
    await transport.publish(['c', 'd'].map((id) => message(id, { queue: 'two' })));
    assert.equal(idOf(await inbox.one()), 'c');
    assert.equal(await transport.count('two'), 1);
    assert.equal((await transport.stats('one')).consumers, 0);
    assert.deepEqual(await inbox.consumer.settle([ack(a)]), ['settled']);
    assert.equal(idOf(await inbox.one()), 'd');
    assert.equal(await transport.count('one'), 1);
    await inbox.consumer.settle(inbox.received.slice(1).map(ack));
    await inbox.consumer.addQueues(['one']);
    assert.equal(idOf(await inbox.one()), 'b');
  });

  test('a consumer of no queue waits for one', async () => {
    const transport = await open();
    const inbox = await Inbox.open(transport, { queues: [] });
    await transport.publish([message('a')]);
    await inbox.consumer.addQueues(['q']);
    assert.equal(idOf(await inbox.one()), 'a');
  });
}
