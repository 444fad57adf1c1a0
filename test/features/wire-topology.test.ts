/** WIRE-47: names and properties of the default queue. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { QueueDeclaration } from '../../core/ports/transport.js';
import { createApp, messagesIn } from '../support/sent-messages.js';

test('WIRE-47: queue, exchange and key are celery, direct and durable; a maximum priority only if it is set', async () => {
  for (const taskQueueMaxPriority of [null, 7]) {
    await using app = createApp({ taskQueueMaxPriority });
    const transport = await app.connections.transport();
    const declare = transport.declare.bind(transport);
    const told: QueueDeclaration[] = [];
    transport.declare = (queues) => {
      told.push(...queues);
      return declare(queues);
    };
    await app.sendTask('t');
    await app.sendTask('t', { exchange: 'celery', routingKey: 'celery' });
    assert.equal((await messagesIn(app, 'celery')).length, 2);
    assert.deepStrictEqual(
      [told[0]?.name, told[0]?.durable, told[0]?.maxPriority],
      ['celery', true, taskQueueMaxPriority],
    );
    assert.deepStrictEqual(told.at(-1)?.bindings, [{ exchange: 'celery', routingKey: 'celery' }]);
  }
});
