/** What every transport must do with settlements: ack, requeue, dead letters, tags that are gone, cancel and close. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { HeaderBlock } from '../../core/kernel/header-block.js';
import type { TransportCapabilities } from '../../core/ports/transport.js';
import { ack, idOf, idsOf, Inbox, message, requeue, type OpenTransport } from './transport-inbox.js';

export function exerciseSettling(open: OpenTransport, capabilities: TransportCapabilities): void {
  test('an acknowledged message is gone for good', async () => {
    const transport = await open();
    await transport.publish([message('a'), message('b')]);
    const inbox = await Inbox.open(transport);
    const [a] = await inbox.take(2);
    assert.ok(a);
    assert.deepEqual(await inbox.consumer.settle([ack(a)]), ['settled']);
    await inbox.consumer.close();
    const second = await Inbox.open(transport);
    assert.equal(idOf(await second.one()), 'b');
    assert.equal(await transport.count('q'), 0);
  });

  test('a tag can be settled once; again, or one never given, is gone', async () => {
    const transport = await open();
    await transport.publish([message('a')]);
    const inbox = await Inbox.open(transport);
    const a = await inbox.one();
    assert.deepEqual(await inbox.consumer.settle([ack(a)]), ['settled']);
    assert.deepEqual(await inbox.consumer.settle([ack(a), requeue(a)]), ['gone', 'gone']);
    assert.equal(await transport.count('q'), 0);
  });

  test(
    'a counted requeue is delivered again with a higher count, an uncounted one with the same',
    { skip: capabilities.deliveryCount ? false : 'the store counts no deliveries' },
    async () => {
      const transport = await open();
      await transport.publish([message('a')]);
      const inbox = await Inbox.open(transport);
      const first = await inbox.one();
      assert.equal(first.deliveryCount, 0);
      assert.equal(first.redelivered, false);
      await inbox.consumer.settle([requeue(first)]);
      const second = await inbox.one();
      assert.equal(second.deliveryCount, 1);
      assert.equal(second.redelivered, true);
      await inbox.consumer.settle([requeue(second, { countsAsDelivery: false })]);
      const third = await inbox.one();
      assert.equal(third.deliveryCount, 1);
      assert.notEqual(third.tag, first.tag);
      assert.deepEqual(await inbox.consumer.settle([ack(first), ack(third)]), ['gone', 'settled']);
    },
  );

  test(
    'a requeue with a delay is delivered again after it',
    { skip: capabilities.nativeDelay ? false : 'the store keeps no delay' },
    async () => {
      const transport = await open();
      await transport.publish([message('a')]);
      const inbox = await Inbox.open(transport);
      const before = Date.now();
      await inbox.consumer.settle([requeue(await inbox.one(), { delayMs: 120 })]);
      await inbox.one();
      assert.ok(Date.now() - before >= 119, `came back after ${String(Date.now() - before)} ms`);
    },
  );

  test('a dead letter is in its queue with its own headers, and no longer in the first', async () => {
    const transport = await open();
    await transport.publish([message('bad', { priority: 4, properties: { expirationMs: 60_000 } }), message('good')]);
    const inbox = await Inbox.open(transport);
    const bad = (await inbox.take(2)).find((delivery) => idOf(delivery) === 'bad');
    assert.ok(bad);
    const headers = HeaderBlock.fromTable({ origin: 'q', reason: 'because' });
    assert.deepEqual(await inbox.consumer.settle([{ action: 'dead-letter', tag: bad.tag, queue: 'q.dead', headers }]), [
      'settled',
    ]);
    const [letter] = await transport.browse('q.dead', 10);
    assert.ok(letter);
    assert.deepEqual(letter.headers.table, { origin: 'q', reason: 'because' });
    assert.equal(Buffer.from(letter.body).toString(), 'bad');
    assert.equal(letter.properties.expirationMs, null);
    assert.deepEqual(await inbox.consumer.settle([ack(bad)]), ['gone']);
    const delivered = await (await Inbox.open(transport, { queues: ['q.dead'] })).one();
    assert.equal(delivered.routingKey, 'q.dead');
  });

  test('a mixed batch answers in its own order', async () => {
    const transport = await open();
    await transport.publish([message('a'), message('b'), message('c')]);
    const inbox = await Inbox.open(transport);
    const [a, b, c] = await inbox.take(3);
    assert.ok(a && b && c);
    await inbox.consumer.settle([ack(b)]);
    const outcomes = await inbox.consumer.settle([requeue(a, { delayMs: 60_000 }), ack(b), ack(c)]);
    assert.deepEqual(outcomes, ['settled', 'gone', 'settled']);
  });

  test('after cancel nothing more is delivered, and what is held can be settled', async () => {
    const transport = await open();
    await transport.publish([message('a')]);
    const inbox = await Inbox.open(transport);
    const a = await inbox.one();
    await inbox.consumer.cancel();
    await transport.publish([message('b')]);
    assert.deepEqual(await inbox.consumer.settle([ack(a)]), ['settled']);
    const other = await Inbox.open(transport);
    assert.equal(idOf(await other.one()), 'b');
    assert.equal(inbox.received.length, 1);
  });

  test('close hands back what is unsettled, in its old place and uncounted', async () => {
    const transport = await open();
    await transport.publish([message('a'), message('b'), message('c')]);
    const inbox = await Inbox.open(transport, { prefetchCount: 2 });
    const [a] = await inbox.take(2);
    assert.ok(a);
    await inbox.consumer.close();
    assert.deepEqual(await inbox.consumer.settle([ack(a)]), ['gone']);
    const deliveries = await (await Inbox.open(transport)).take(3);
    assert.deepEqual(idsOf(deliveries), ['a', 'b', 'c']);
    assert.deepEqual(
      deliveries.map((delivery) => delivery.deliveryCount),
      [0, 0, 0],
    );
  });
}
