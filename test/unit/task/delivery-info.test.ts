import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HeadReader, HeadWriter } from '../../../core/task/delivery-info.js';
import { taskDelivery } from '../../support/task-delivery.js';

test('what a member needs of a delivery comes back as it was, the headers untouched', () => {
  const headersJson = '{"task":"a\\nb", "id":"x"}';
  const properties = { replyTo: 'line\nbreak', priority: 7, expirationMs: 1.5, deliveryMode: 1 } as const;
  const delivery = taskDelivery({ headersJson, properties, deliveryCount: 2 });
  const { info, headersJson: back } = new HeadReader().read(new HeadWriter().write(delivery));
  assert.equal(back, headersJson);
  assert.deepStrictEqual(info, {
    exchange: '',
    routingKey: 'celery',
    queue: 'celery',
    redelivered: true,
    deliveryCount: 2,
    properties: delivery.properties,
  });
});

test('a head says of each message its own, whatever the one before it had', () => {
  const writer = new HeadWriter();
  const reader = new HeadReader();
  const different = [
    taskDelivery({}),
    taskDelivery({ properties: { correlationId: 'other\t\n"id"' } }),
    taskDelivery({ properties: { priority: 7 } }),
    taskDelivery({ deliveryCount: 2 }),
    taskDelivery({}),
  ];
  for (const delivery of different) {
    const { info, headersJson } = reader.read(writer.write(delivery));
    const { exchange, routingKey, queue, redelivered, deliveryCount, properties } = delivery;
    assert.deepStrictEqual(info, { exchange, routingKey, queue, redelivered, deliveryCount, properties });
    assert.equal(headersJson, delivery.headers.json);
  }
});
