/** Deliveries of task messages as a broker would hand them up. */
import { HeaderBlock, type HeaderTable } from '../../core/kernel/header-block.js';
import type { Delivery, DeliveryTag, MessageProperties } from '../../core/ports/transport.js';

export const jsonProperties: MessageProperties = {
  correlationId: null,
  replyTo: null,
  contentType: 'application/json',
  contentEncoding: 'utf-8',
  deliveryMode: 2,
  priority: null,
  expirationMs: null,
};

export interface DeliveryParts {
  readonly tag?: number;
  readonly headers?: HeaderTable;
  readonly headersJson?: string;
  readonly properties?: Partial<MessageProperties>;
  readonly body?: string;
  readonly deliveryCount?: number;
}

/** A call of `shop.add(2, 3)` with id `id-<tag>`, but for what `parts` says. */
export function taskDelivery(parts: DeliveryParts = {}): Delivery {
  const { tag = 1, deliveryCount = 0, body = '[[2,3],{},null]' } = parts;
  const table = { task: 'shop.add', id: `id-${String(tag)}`, ...parts.headers };
  return {
    tag: tag as DeliveryTag,
    queue: 'celery',
    exchange: '',
    routingKey: 'celery',
    headers: parts.headersJson === undefined ? HeaderBlock.fromTable(table) : HeaderBlock.fromJson(parts.headersJson),
    properties: { ...jsonProperties, ...parts.properties },
    body: Buffer.from(body),
    redelivered: deliveryCount > 0,
    deliveryCount,
  };
}
