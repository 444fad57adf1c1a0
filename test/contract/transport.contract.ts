/** What every transport must do, asked through its port only; what it cannot do is skipped by its capabilities. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { HeaderBlock } from '../../core/kernel/header-block.js';
import { TransportError } from '../../core/kernel/errors.js';
import type { Transport, TransportCapabilities } from '../../core/ports/transport.js';
import { ack, idOf, idsOf, Inbox, message, requeue } from './transport-inbox.js';

/** One broker with empty queues. */
export interface TransportFixture {
  /** A connected transport on this broker; the suite closes it. */
  open(): Promise<Transport>;
  dispose(): Promise<void>;
}

export function exerciseTransport(
  name: string,
  create: () => Promise<TransportFixture>,
  capabilities: TransportCapabilities,
): void {
  describe(`transport contract: ${name}`, { timeout: 60_000 }, () => {
    let fixture: TransportFixture;
    let opened: Transport[] = [];
    const open = async (): Promise<Transport> => {
      const transport = await fixture.open();
      opened.push(transport);
      return transport;
    };

    beforeEach(async () => {
      fixture = await create();
    });
    afterEach(async () => {
      for (const transport of opened) await transport.close(5_000);
      opened = [];
      await fixture.dispose();
    });

    exerciseDelivery(open, capabilities);
    exerciseSettling(open, capabilities);
    exerciseQueues(open);
    exerciseEnds(open);
  });
}

type Open = () => Promise<Transport>;

function exerciseDelivery(open: Open, capabilities: TransportCapabilities): void {
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

  test('a message whose expiration has passed is not delivered', async () => {
    const transport = await open();
    await transport.publish([message('stale', { properties: { expirationMs: 0 } }), message('fresh')]);
    assert.equal(idOf(await (await Inbox.open(transport)).one()), 'fresh');
  });
}

function exerciseSettling(open: Open, capabilities: TransportCapabilities): void {
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

function exerciseQueues(open: Open): void {
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
}

function exerciseEnds(open: Open): void {
  test('what was confirmed is there for a transport that is opened later', async () => {
    const first = await open();
    const keeper = await open();
    await first.publish([message('kept')]);
    await first.close(5_000);
    assert.equal(idOf(await (await Inbox.open(keeper)).one()), 'kept');
  });

  test('closing a transport hands back what its consumers held', async () => {
    const first = await open();
    const keeper = await open();
    await first.publish([message('a')]);
    const inbox = await Inbox.open(first);
    await inbox.one();
    await first.close(5_000);
    const again = await (await Inbox.open(keeper)).one();
    assert.equal(idOf(again), 'a');
    assert.equal(again.deliveryCount, 0);
  });

  test('after close every call fails with a TransportError, and closing again is harmless', async () => {
    const transport = await open();
    await transport.close(5_000);
    await transport.close(5_000);
    await assert.rejects(async () => transport.publish([message('a')]), TransportError);
    await assert.rejects(async () => transport.count('q'), TransportError);
    await assert.rejects(async () => Inbox.open(transport), TransportError);
  });
}
