/** What a queue's declaration promises: who may consume it, when it ends, what it holds and how long (ROUTE-11, ROUTE-23). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HeaderBlock } from '../../core/kernel/header-block.js';
import { PublishRefusal } from '../../core/ports/publish-refusal.js';
import type { Transport, TransportCapabilities } from '../../core/ports/transport.js';
import { ack, idOf, idsOf, Inbox, message, requeue, type OpenTransport } from './transport-inbox.js';

/** Resolves when the broker has removed the queue; brokers do so by themselves. */
async function untilGone(transport: Transport, queue: string): Promise<void> {
  while ((await transport.queues()).includes(queue)) await new Promise((resolve) => setTimeout(resolve, 5));
}

export function exerciseQueueRules(open: OpenTransport, capabilities: TransportCapabilities): void {
  test('ROUTE-11 each consumer of a broadcast has its own queue, which ends with it', async () => {
    const transport = await open();
    const first = await open();
    const second = await open();
    await transport.declareExchanges([{ name: 'news', type: 'fanout', durable: true }]);
    const join = async (own: Transport, name: string): Promise<Inbox> => {
      const bindings = [{ exchange: 'news', routingKey: '' }];
      await own.declare([{ name, durable: false, autoDelete: true, bindings }]);
      return Inbox.open(own, { queues: [name] });
    };
    const inboxes = [await join(first, 'news.1'), await join(second, 'news.2')];
    await transport.publish([message('m', { exchange: 'news' })]);
    assert.deepEqual(await Promise.all(inboxes.map(async (inbox) => idOf(await inbox.one()))), ['m', 'm']);
    await second.close(5_000);
    await untilGone(transport, 'news.2');
    await transport.publish([message('n', { exchange: 'news' })]);
    assert.equal(idOf(await (inboxes[0] ?? assert.fail()).one()), 'n');
    assert.ok(!(await transport.queues()).includes('news.2'), 'the publish did not bring it back');
  });

  test('an auto-delete queue waits for its first consumer, and stays while anybody holds a message of it', async () => {
    const transport = await open();
    await transport.declare([{ name: 'brief', durable: false, autoDelete: true }]);
    await transport.publish([message('a', { queue: 'brief' })]);
    const inbox = await Inbox.open(transport, { queues: ['brief', 'q'] });
    const held = await inbox.one();
    await inbox.consumer.removeQueues(['brief']);
    assert.ok((await transport.queues()).includes('brief'));
    assert.deepEqual(await inbox.consumer.settle([ack(held)]), ['settled']);
    await untilGone(transport, 'brief');
  });

  test('an unused queue is removed when its time is over, with what is in it', async () => {
    const transport = await open();
    // Somebody who looks after the broker, where it has nobody else.
    await Inbox.open(transport, { queues: ['other'] });
    await transport.declare([{ name: 'replies', durable: false, expiresMs: 30 }]);
    await transport.publish([message('unread', { queue: 'replies' })]);
    await untilGone(transport, 'replies');
    await transport.publish([message('later', { queue: 'replies' })]);
    assert.deepEqual(idsOf(await transport.browse('replies', 5)), ['later']);
  });

  test('a queue that is consumed does not expire', async () => {
    const transport = await open();
    await transport.declare([
      { name: 'used', durable: false, expiresMs: 20 },
      { name: 'unused', durable: false, expiresMs: 20 },
    ]);
    const inbox = await Inbox.open(transport, { queues: ['used'] });
    await untilGone(transport, 'unused');
    await transport.publish([message('a', { queue: 'used' })]);
    assert.equal(idOf(await inbox.one()), 'a');
  });

  test('an exclusive queue is removed with the transport that declared it', async () => {
    const owner = await open();
    const other = await open();
    await owner.declare([{ name: 'mine', durable: false, exclusive: true }]);
    const inbox = await Inbox.open(owner, { queues: ['mine'] });
    await other.publish([message('a', { queue: 'mine' })]);
    assert.equal(idOf(await inbox.one()), 'a');
    await owner.close(5_000);
    assert.ok(!(await other.queues()).includes('mine'));
  });

  test('a queue with a time for its messages drops what is older, the message may ask for less', async () => {
    const transport = await open();
    await transport.declare([{ name: 'q', durable: true, messageTtlMs: 60_000 }]);
    await transport.publish([
      message('own', { properties: { expirationMs: 0 } }),
      message('long', { properties: { expirationMs: 3_600_000 } }),
      message('kept'),
    ]);
    const inbox = await Inbox.open(transport);
    assert.deepEqual(idsOf(await inbox.take(2)), ['long', 'kept']);
    await transport.declare([{ name: 'quick', durable: true, messageTtlMs: 0 }]);
    await transport.publish([message('stale', { queue: 'quick' })]);
    await inbox.consumer.addQueues(['quick']);
    await transport.publish([message('next')]);
    assert.equal(idOf(await inbox.one()), 'next');
    assert.equal(inbox.received.length, 3);
  });

  test('a full queue refuses a publish, and nothing of it is there', async () => {
    const transport = await open();
    await transport.declare([{ name: 'q', durable: true, maxLength: 2 }]);
    await transport.publish([message('a')]);
    await assert.rejects(transport.publish([message('b'), message('c')]), { code: PublishRefusal.QUEUE_FULL });
    assert.deepEqual(idsOf(await transport.browse('q', 5)), ['a']);
    await transport.publish([message('b')]);
    const inbox = await Inbox.open(transport, { prefetchCount: 1 });
    await inbox.one();
    await transport.publish([message('c')]);
    await assert.rejects(transport.publish([message('d')]), { code: PublishRefusal.QUEUE_FULL });
  });

  test('a queue that drops makes room by its oldest', async () => {
    const transport = await open();
    await transport.declare([{ name: 'q', durable: true, maxLength: 2, overflow: 'drop-oldest' }]);
    await transport.publish(['a', 'b', 'c'].map((id) => message(id)));
    await transport.publish([message('d', { priority: 5 })]);
    assert.deepEqual(idsOf(await transport.browse('q', 5)), ['c', 'd']);
  });

  test(
    'MIS-30 a higher number is served first, beyond the maximum of the queue it counts as that',
    { skip: capabilities.priorities ? false : 'the store has no priorities' },
    async () => {
      const transport = await open();
      await transport.declare([{ name: 'q', durable: true, maxPriority: 5 }]);
      await transport.publish([
        message('low', { priority: 1 }),
        message('five', { priority: 5 }),
        message('nine', { priority: 9 }),
      ]);
      const inbox = await Inbox.open(transport, { prefetchCount: 1 });
      const order: string[] = [];
      for (let i = 0; i < 3; i++) {
        const next = await inbox.one();
        order.push(idOf(next));
        await inbox.consumer.settle([ack(next)]);
      }
      assert.deepEqual(order, ['five', 'nine', 'low']);
    },
  );

  test('ROUTE-23 dead letters go to the exchange of their queue, or where the settlement says when that leads nowhere', async () => {
    const transport = await open();
    await transport.declareExchanges([{ name: 'dead', type: 'direct', durable: true }]);
    await transport.declare([
      { name: 'morgue', durable: true, bindings: [{ exchange: 'dead', routingKey: 'key' }] },
      { name: 'own', durable: true, deadLetter: { exchange: 'dead', routingKey: 'key' } },
      { name: 'key', durable: true, deadLetter: { exchange: 'dead', routingKey: null } },
      { name: 'astray', durable: true, deadLetter: { exchange: 'dead', routingKey: 'nobody' } },
    ]);
    const queues = ['own', 'key', 'astray'];
    await transport.publish(queues.map((queue) => message(queue, { queue })));
    const inbox = await Inbox.open(transport, { queues });
    const deliveries = await inbox.take(3);
    const headers = HeaderBlock.fromTable({ reason: 'test' });
    const outcomes = await inbox.consumer.settle(
      deliveries.map(({ tag, queue }) => ({ action: 'dead-letter', tag, queue: `${queue}.dead`, headers })),
    );
    assert.deepEqual(outcomes, ['settled', 'settled', 'settled']);
    const letters = await transport.browse('morgue', 5);
    assert.deepEqual(idsOf(letters).sort(), ['key', 'own']);
    assert.deepEqual(letters[0]?.headers.table, { reason: 'test' });
    assert.deepEqual(idsOf(await transport.browse('astray.dead', 5)), ['astray']);
  });

  test('a message that comes back keeps the time that its queue gave it', async () => {
    const transport = await open();
    await transport.declare([{ name: 'q', durable: true, messageTtlMs: 80 }]);
    await transport.publish([message('a')]);
    const published = Date.now();
    const inbox = await Inbox.open(transport);
    const a = await inbox.one();
    await inbox.consumer.removeQueues(['q']);
    await inbox.consumer.settle([requeue(a)]);
    await new Promise((resolve) => setTimeout(resolve, Math.max(1, published + 90 - Date.now())));
    await inbox.consumer.addQueues(['q']);
    await transport.publish([message('b')]);
    assert.equal(idOf(await inbox.one()), 'b');
  });
}
