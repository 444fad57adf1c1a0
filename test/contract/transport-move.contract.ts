/** Single messages moved by people: redriven, discarded. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HeaderBlock } from '../../core/kernel/header-block.js';
import type { BrowsedMessage, MessageHandle, MessageMove, TransportCapabilities } from '../../core/ports/transport.js';
import { idOf, idsOf, Inbox, message, type OpenTransport } from './transport-inbox.js';

function handleOf({ handle }: BrowsedMessage): MessageHandle {
  return handle ?? assert.fail('the message has no handle');
}

function moveTo(queue: string, moved: BrowsedMessage): MessageMove {
  const headers = HeaderBlock.fromTable({ again: 1 });
  return { handle: handleOf(moved), to: { queue, exchange: 'x', routingKey: 'key', headers } };
}

export function exerciseMoves(open: OpenTransport, capabilities: TransportCapabilities): void {
  const options = { skip: capabilities.handles ? false : 'the store takes no single messages' };

  test(
    'one message moves to another queue with other headers and the same body; its neighbours stay',
    options,
    async () => {
      const transport = await open();
      await transport.publish([
        message('a'),
        message('b', { priority: 7, properties: { expirationMs: 60_000 } }),
        message('c', { notBeforeEpochMs: Date.now() + 60_000 }),
      ]);
      const [a, b] = await transport.browse('q', 5);
      const [c] = await transport.browse('q', 5, 'delayed');
      assert.ok(a && b && c);
      assert.deepEqual(await transport.move('q', [moveTo('p', b), moveTo('p', c)]), ['moved', 'moved']);
      assert.deepEqual(idsOf(await transport.browse('q', 5)), ['a']);
      assert.equal(await transport.count('q'), 1);
      const deliveries = await (await Inbox.open(transport, { queues: ['p'] })).take(2);
      assert.deepEqual(idsOf(deliveries), ['b', 'c']);
      const [moved] = deliveries;
      assert.deepEqual(moved?.headers.table, { again: 1 });
      assert.deepEqual([moved?.exchange, moved?.routingKey], ['x', 'key']);
      assert.deepEqual([moved?.properties.expirationMs, moved?.properties.priority], [null, 7]);
      assert.equal(Buffer.from(moved?.body ?? []).toString(), 'b');
      assert.equal(moved?.deliveryCount, 0);
    },
  );

  test('without a destination it is discarded', options, async () => {
    const transport = await open();
    await transport.publish(['a', 'b'].map((id) => message(id)));
    const [a] = await transport.browse('q', 1);
    assert.ok(a);
    assert.deepEqual(await transport.move('q', [{ handle: handleOf(a), to: null }]), ['moved']);
    assert.deepEqual(idsOf(await transport.browse('q', 5)), ['b']);
  });

  test('what is held, gone or moved already stays as it is', options, async () => {
    const transport = await open();
    await transport.publish(['a', 'b'].map((id) => message(id)));
    const inbox = await Inbox.open(transport, { prefetchCount: 1 });
    await inbox.one();
    const [held] = await transport.browse('q', 1, 'unacked');
    const [b] = await transport.browse('q', 1);
    assert.ok(held && b);
    const outcomes = await transport.move('q', [moveTo('p', held), moveTo('p', b), moveTo('p', b)]);
    assert.deepEqual(outcomes, ['gone', 'moved', 'gone']);
    assert.deepEqual(await transport.move('nowhere', [moveTo('p', b)]), ['gone']);
    assert.equal(await transport.count('p'), 1);
    assert.equal((await transport.stats('q')).unacked, 1);
  });

  test('of two who move the same message one has it', options, async () => {
    const transport = await open();
    const other = await open();
    await transport.publish([message('a')]);
    const [a] = await transport.browse('q', 1);
    assert.ok(a);
    const outcomes = await Promise.all([transport.move('q', [moveTo('p', a)]), other.move('q', [moveTo('r', a)])]);
    assert.deepEqual(outcomes.flat().sort(), ['gone', 'moved']);
    assert.equal((await transport.count('p')) + (await transport.count('r')), 1);
  });

  test('a consumer that waits is handed what is moved to it', options, async () => {
    const transport = await open();
    const inbox = await Inbox.open(transport, { queues: ['p'] });
    await transport.publish([message('a')]);
    const [a] = await transport.browse('q', 1);
    assert.ok(a);
    await transport.move('q', [moveTo('p', a)]);
    assert.equal(idOf(await inbox.one()), 'a');
  });
}
