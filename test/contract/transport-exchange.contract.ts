/** Exchanges and bindings (ROUTE-10, ROUTE-13), seen by whoever declares, publishes and consumes through any transport. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TransportError } from '../../core/kernel/errors.js';
import { PublishRefusal } from '../../core/ports/publish-refusal.js';
import type { Binding, ExchangeType, Transport } from '../../core/ports/transport.js';
import { idOf, idsOf, Inbox, message, type OpenTransport } from './transport-inbox.js';

async function declare(
  transport: Transport,
  type: ExchangeType,
  queues: Readonly<Record<string, readonly Omit<Binding, 'exchange'>[]>>,
): Promise<void> {
  await transport.declareExchanges([{ name: 'x', type, durable: true }]);
  await transport.declare(
    Object.entries(queues).map(([name, bindings]) => ({
      name,
      durable: true,
      bindings: bindings.map((binding) => ({ ...binding, exchange: 'x' })),
    })),
  );
}

/** Ids of what is ready in each queue. */
async function contents(transport: Transport, queues: readonly string[]): Promise<Record<string, string[]>> {
  const entries = await Promise.all(
    queues.map(async (name) => [name, idsOf(await transport.browse(name, 100))] as const),
  );
  return Object.fromEntries(entries);
}

function isRefusal(code: string): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof TransportError, String(error));
    assert.equal(error.code, code);
    return true;
  };
}

export function exerciseExchanges(open: OpenTransport): void {
  test('ROUTE-10 a direct exchange goes by equal keys, several bindings of one queue count as one', async () => {
    const transport = await open();
    await declare(transport, 'direct', {
      a: [{ routingKey: 'red' }, { routingKey: 'green' }],
      b: [{ routingKey: 'red' }, { routingKey: 'red', arguments: { again: true } }],
    });
    await transport.publish(['red', 'green'].map((key) => message(key, { exchange: 'x', routingKey: key })));
    assert.deepEqual(await contents(transport, ['a', 'b']), { a: ['red', 'green'], b: ['red'] });
  });

  test('ROUTE-10 a topic exchange goes by words, * for one and # for any number', async () => {
    const transport = await open();
    await declare(transport, 'topic', {
      one: [{ routingKey: 'log.*' }],
      all: [{ routingKey: '#' }],
      ends: [{ routingKey: '#.error' }],
    });
    const keys = ['log.error', 'log.a.error', 'error', 'log'];
    await transport.publish(keys.map((key) => message(key, { exchange: 'x', routingKey: key })));
    assert.deepEqual(await contents(transport, ['one', 'all', 'ends']), {
      one: ['log.error'],
      all: keys,
      ends: ['log.error', 'log.a.error', 'error'],
    });
  });

  test('ROUTE-10 a fanout exchange goes to every queue', async () => {
    const transport = await open();
    await declare(transport, 'fanout', { a: [{ routingKey: '' }], b: [{ routingKey: 'ignored' }] });
    await transport.publish([message('m', { exchange: 'x', routingKey: 'whatever' })]);
    assert.deepEqual(await contents(transport, ['a', 'b']), { a: ['m'], b: ['m'] });
    const inbox = await Inbox.open(transport, { queues: ['a'] });
    const { exchange, routingKey, queue } = await inbox.one();
    assert.deepEqual({ exchange, routingKey, queue }, { exchange: 'x', routingKey: 'whatever', queue: 'a' });
  });

  test('ROUTE-10 a headers exchange goes by all or any of the headers', async () => {
    const transport = await open();
    await declare(transport, 'headers', {
      all: [{ routingKey: '', arguments: { 'x-match': 'all', kind: 'pdf', pages: 1 } }],
      any: [{ routingKey: '', arguments: { 'x-match': 'any', kind: 'pdf', pages: 2 } }],
    });
    const publish = (id: string, headers: Record<string, string | number>): Promise<void> =>
      transport.publish([message(id, { exchange: 'x', routingKey: '', headers })]);
    await publish('both', { kind: 'pdf', pages: 1, more: 'x' });
    await publish('two', { kind: 'zip', pages: 2 });
    await assert.rejects(publish('none', { kind: 'zip', pages: 3 }), isRefusal(PublishRefusal.UNROUTABLE));
    assert.deepEqual(await contents(transport, ['all', 'any']), { all: ['both'], any: ['both', 'two'] });
  });

  test('a publish that no queue takes fails, unless it is not mandatory', async () => {
    const transport = await open();
    await declare(transport, 'direct', { a: [{ routingKey: 'a' }] });
    const lost = message('lost', { exchange: 'x', routingKey: 'nobody' });
    await assert.rejects(transport.publish([lost]), isRefusal(PublishRefusal.UNROUTABLE));
    const elsewhere = message('lost', { exchange: 'missing', routingKey: 'a' });
    await assert.rejects(transport.publish([elsewhere]), isRefusal(PublishRefusal.UNROUTABLE));
    await transport.publish([{ ...lost, mandatory: false }, message('taken', { exchange: 'x', routingKey: 'a' })]);
    assert.deepEqual(await contents(transport, ['a']), { a: ['taken'] });
  });

  test('a refused message does not harm what others publish in the same turn', async () => {
    const transport = await open();
    await declare(transport, 'direct', { a: [{ routingKey: 'a' }] });
    const [lost, taken, plain] = await Promise.allSettled([
      transport.publish([message('lost', { exchange: 'x', routingKey: 'nobody' })]),
      transport.publish([message('taken', { exchange: 'x', routingKey: 'a' })]),
      transport.publish([message('plain')]),
    ]);
    assert.deepEqual([lost.status, taken.status, plain.status], ['rejected', 'fulfilled', 'fulfilled']);
    assert.deepEqual(await contents(transport, ['a', 'q']), { a: ['taken'], q: ['plain'] });
  });

  test('ROUTE-13 what another transport binds and unbinds counts for the next publish', async () => {
    const publisher = await open();
    const other = await open();
    await declare(publisher, 'topic', { a: [{ routingKey: 'a' }] });
    const publish = (id: string): Promise<void> => publisher.publish([message(id, { exchange: 'x', routingKey: 'a' })]);
    await publish('first');
    const binding = { exchange: 'x', routingKey: '#' };
    await other.declare([{ name: 'b', durable: true, bindings: [binding] }]);
    await publish('second');
    await other.unbind('b', [binding, { exchange: 'x', routingKey: 'never bound' }]);
    await publish('third');
    assert.deepEqual(await contents(other, ['a', 'b']), { a: ['first', 'second', 'third'], b: ['second'] });
  });

  test('declaring again adds bindings and changes nothing else; another type is refused', async () => {
    const transport = await open();
    await declare(transport, 'fanout', { a: [{ routingKey: '' }] });
    await declare(transport, 'fanout', { a: [{ routingKey: '' }], b: [{ routingKey: '' }] });
    await transport.publish([message('m', { exchange: 'x' })]);
    assert.deepEqual(await contents(transport, ['a', 'b']), { a: ['m'], b: ['m'] });
    await assert.rejects(declare(transport, 'direct', {}), TransportError);
  });

  test('a queue cannot be bound to an exchange that nobody declared', async () => {
    const transport = await open();
    const bindings = [{ exchange: 'missing', routingKey: 'a' }];
    await assert.rejects(transport.declare([{ name: 'a', durable: true, bindings }]), /exchange "missing"/);
  });

  test('an exchange that removes itself is gone with its last binding', async () => {
    const transport = await open();
    await transport.declareExchanges([{ name: 'brief', type: 'fanout', durable: false, autoDelete: true }]);
    const binding = { exchange: 'brief', routingKey: '' };
    await transport.declare([{ name: 'a', durable: true, bindings: [binding] }]);
    await transport.publish([message('m', { exchange: 'brief' })]);
    await transport.unbind('a', [binding]);
    // As another type it can be declared again only when it is gone.
    await transport.declareExchanges([{ name: 'brief', type: 'direct', durable: false }]);
  });

  test('a delayed message to an exchange is delivered later, in each queue', async () => {
    const transport = await open();
    if (!transport.capabilities.nativeDelay) return;
    await declare(transport, 'fanout', { a: [{ routingKey: '' }], b: [{ routingKey: '' }] });
    await transport.publish([message('m', { exchange: 'x', notBeforeEpochMs: Date.now() + 50 })]);
    const inbox = await Inbox.open(transport, { queues: ['a', 'b'] });
    assert.deepEqual((await inbox.take(2)).map((one) => `${one.queue} ${idOf(one)}`).sort(), ['a m', 'b m']);
  });
}
