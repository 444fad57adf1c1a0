/** What every transport must do, asked through its port only; what it cannot do is skipped by its capabilities. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { TransportError } from '../../core/kernel/errors.js';
import type { Transport, TransportCapabilities } from '../../core/ports/transport.js';
import { exerciseDelivery } from './transport-delivery.contract.js';
import { exerciseExchanges } from './transport-exchange.contract.js';
import { idOf, Inbox, message, type OpenTransport } from './transport-inbox.js';
import { exerciseMoves } from './transport-move.contract.js';
import { exerciseQueueRules } from './transport-queue-rules.contract.js';
import { exerciseQueues } from './transport-queue.contract.js';
import { exerciseSettling } from './transport-settling.contract.js';

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
    exerciseQueues(open, capabilities);
    exerciseExchanges(open);
    exerciseQueueRules(open, capabilities);
    exerciseMoves(open, capabilities);
    exerciseEnds(open);
  });
}

function exerciseEnds(open: OpenTransport): void {
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
