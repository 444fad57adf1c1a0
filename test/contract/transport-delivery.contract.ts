/** What every transport must do on the way from publish to delivery: order, window, priority, delay, fidelity. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import type { TransportCapabilities } from '../../core/ports/transport.js';
import { ack, idOf, idsOf, Inbox, message, type OpenTransport } from './transport-inbox.js';

export function exerciseDelivery(open: OpenTransport, capabilities: TransportCapabilities): void {
  test('messages of one queue are delivered in the order of their publication', async () => {
    const transport = await open();
    const ids = Array.from({ length: 50 }, (_, i) => `m${String(i)}`);
    await transport.publish(ids.slice(0, 20).map((id) => message(id)));
    await transport.publish(ids.slice(20).map((id) => message(id)));
    const inbox = await Inbox.open(transport);
    assert.deepEqual(idsOf(await inbox.take(50)), ids);
  });

  test('no delivery comes before the caller has its consumer', async () => {
    const transport = await open();
    await transport.publish(Array.from({ length: 20 }, (_, i) => message(`m${String(i)}`)));
    let hasConsumer = false;
    let wasEarly = false;
    const delivered = new Promise<void>((resolve) => {
      const consuming = transport.consume({
        queues: ['q'],
        prefetchCount: 10,
        onLost: () => undefined,
        onDeliveries: () => {
          wasEarly ||= !hasConsumer;
          resolve();
        },
      });
      void consuming.then(() => {
        hasConsumer = true;
      });
    });
    await delivered;
    assert.equal(wasEarly, false);
  });

  test('a consumer that waits is handed what is published later', async () => {
    const transport = await open();
    const inbox = await Inbox.open(transport);
    for (let i = 0; i < 5; i++) {
      await transport.publish([message(`late${String(i)}`)]);
      assert.equal(idOf(await inbox.one()), `late${String(i)}`);
    }
  });

  test(
    'higher priorities are delivered first, equal ones in order',
    { skip: capabilities.priorities ? false : 'the store has no priorities' },
    async () => {
      const transport = await open();
      await transport.publish([
        message('a0', { priority: null }),
        message('b9', { priority: 9 }),
        message('c0', { priority: 0 }),
        message('d5', { priority: 5 }),
        message('e9', { priority: 9 }),
      ]);
      const inbox = await Inbox.open(transport);
      assert.deepEqual(idsOf(await inbox.take(5)), ['b9', 'e9', 'd5', 'a0', 'c0']);
    },
  );

  test(
    'a message with a later instant is delivered then, and counted until then',
    { skip: capabilities.nativeDelay ? false : 'the store keeps no delay' },
    async () => {
      const transport = await open();
      const inbox = await Inbox.open(transport);
      const due = Date.now() + 150;
      await transport.publish([message('later', { notBeforeEpochMs: due }), message('now')]);
      assert.equal(idOf(await inbox.one()), 'now');
      assert.equal(await transport.count('q'), 1);
      assert.equal(idOf(await inbox.one()), 'later');
      assert.ok(Date.now() >= due, `delivered ${String(due - Date.now())} ms early`);
    },
  );

  test('no more than the prefetch count is unsettled, and settling makes room', async () => {
    const transport = await open();
    await transport.publish(Array.from({ length: 10 }, (_, i) => message(`m${String(i)}`)));
    const inbox = await Inbox.open(transport, { prefetchCount: 3 });
    const [first, second] = await inbox.take(3);
    assert.ok(first && second);
    // The count is the witness that nothing more was taken: a delivery beyond the window would have left the queue.
    assert.equal(await transport.count('q'), 7);
    await inbox.consumer.settle([ack(first), ack(second)]);
    await inbox.take(2);
    assert.equal(await transport.count('q'), 5);
    assert.equal(inbox.received.length, 5);
  });

  test('a wider prefetch takes effect at once', async () => {
    const transport = await open();
    await transport.publish(Array.from({ length: 10 }, (_, i) => message(`m${String(i)}`)));
    const inbox = await Inbox.open(transport, { prefetchCount: 1 });
    await inbox.take(1);
    inbox.consumer.setPrefetch(6);
    await inbox.take(5);
    assert.equal(await transport.count('q'), 4);
  });

  test('prefetch 0 is unlimited', async () => {
    const transport = await open();
    const ids = Array.from({ length: 2_500 }, (_, i) => `m${String(i)}`);
    await transport.publish(ids.map((id) => message(id)));
    const inbox = await Inbox.open(transport, { prefetchCount: 0 });
    assert.deepEqual(idsOf(await inbox.take(2_500)), ids);
  });

  test('one consumer serves several queues and says which', async () => {
    const transport = await open();
    await transport.publish([message('a', { queue: 'one' }), message('b', { queue: 'two' })]);
    const inbox = await Inbox.open(transport, { queues: ['one', 'two'] });
    const byId = new Map((await inbox.take(2)).map((delivery) => [idOf(delivery), delivery]));
    assert.equal(byId.get('a')?.queue, 'one');
    assert.equal(byId.get('b')?.queue, 'two');
    assert.equal(byId.get('b')?.routingKey, 'two');
  });

  test('two consumers share a queue and no message goes to both', async () => {
    const transport = await open();
    const other = await open();
    const inboxes = [await Inbox.open(transport, { prefetchCount: 5 }), await Inbox.open(other, { prefetchCount: 5 })];
    await transport.publish(Array.from({ length: 10 }, (_, i) => message(`m${String(i)}`)));
    const received = (await Promise.all(inboxes.map((inbox) => inbox.take(5)))).flat();
    assert.equal(new Set(idsOf(received)).size, 10);
  });

  test('headers, properties and body come as they were sent, binary and text', async () => {
    const transport = await open();
    const body = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    const headers = {
      id: 'ü',
      text: 'naïve "quotes" \\ \n 日本語 😀',
      nested: { list: [1, 'two', null, true] },
      zero: '\u0000',
    };
    const properties = {
      replyTo: 'answers',
      contentType: 'application/x-msgpack',
      contentEncoding: 'binary',
      deliveryMode: 1,
      priority: 3,
    } as const;
    await transport.publish([
      message('full', { body, headers, properties }),
      message('empty', { body: new Uint8Array(0) }),
      message('last'),
    ]);
    const [full, empty, last] = await (await Inbox.open(transport)).take(3);
    assert.ok(full && empty && last);
    assert.deepEqual(Buffer.from(full.body), body);
    assert.deepEqual(full.headers.table, headers);
    assert.equal(full.properties.replyTo, 'answers');
    assert.equal(full.properties.contentType, 'application/x-msgpack');
    assert.equal(full.properties.contentEncoding, 'binary');
    assert.equal(full.properties.deliveryMode, 1);
    assert.equal(full.properties.priority, 3);
    assert.equal(empty.body.byteLength, 0);
    assert.equal(Buffer.from(last.body).toString(), 'last');
  });

  test('a body of 5 MB arrives whole', async () => {
    const transport = await open();
    const body = Buffer.alloc(5 * 1024 * 1024);
    for (let i = 0; i < body.length; i++) body[i] = (i * 31) & 0xff;
    await transport.publish([message('big', { body }), message('big2', { body }), message('small')]);
    const [big, big2, small] = await (await Inbox.open(transport)).take(3);
    assert.ok(big && big2 && small);
    assert.ok(body.equals(big.body));
    assert.ok(body.equals(big2.body));
    assert.equal(idOf(small), 'small');
  });

  test(
    'MIS-08 an expired message is delivered, for its task is to end as REVOKED, not in silence',
    { skip: capabilities.dropsExpired ? 'the broker drops it' : false },
    async () => {
      const transport = await open();
      await transport.publish([message('stale', { properties: { expirationMs: 0 } }), message('fresh')]);
      const deliveries = await (await Inbox.open(transport)).take(2);
      assert.deepEqual(idsOf(deliveries), ['stale', 'fresh']);
      assert.equal(deliveries[0]?.properties.expirationMs, 0);
    },
  );
}
