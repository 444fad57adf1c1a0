import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeHead, encodeHead } from '../../../core/task/delivery-info.js';
import { taskDelivery } from '../../support/task-delivery.js';

test('what a member needs of a delivery comes back as it was, the headers untouched', () => {
  const headersJson = '{"task":"a\\nb", "id":"x"}';
  const properties = { replyTo: 'line\nbreak', priority: 7, expirationMs: 1.5, deliveryMode: 1 } as const;
  const delivery = taskDelivery({ headersJson, properties, deliveryCount: 2 });
  const { info, headersJson: back } = decodeHead(encodeHead(delivery));
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
