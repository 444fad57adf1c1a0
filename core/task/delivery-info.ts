/**
 * What a member needs to know of a delivery beside its headers and body. The head of a pool job is one line of this, then
 * the headers' JSON text untouched, so the host neither parses nor writes headers for the member.
 */
import type { Delivery, MessageProperties } from '../ports/transport.js';

export interface DeliveryInfo {
  readonly exchange: string;
  readonly routingKey: string;
  readonly queue: string;
  readonly redelivered: boolean;
  /** Deliveries before this one. */
  readonly deliveryCount: number;
  readonly properties: MessageProperties;
}

/** The line is a flat list: a third of the price of an object with names, and it is written for every task. */
type InfoLine = readonly [
  exchange: string,
  routingKey: string,
  queue: string,
  redelivered: boolean,
  deliveryCount: number,
  correlationId: string | null,
  replyTo: string | null,
  contentType: string,
  contentEncoding: string,
  deliveryMode: 1 | 2,
  priority: number | null,
  expirationMs: number | null,
];

export function encodeHead(delivery: Delivery): string {
  const { correlationId, replyTo, contentType, contentEncoding, deliveryMode, priority, expirationMs } =
    delivery.properties;
  const line: InfoLine = [
    delivery.exchange,
    delivery.routingKey,
    delivery.queue,
    delivery.redelivered,
    delivery.deliveryCount,
    correlationId,
    replyTo,
    contentType,
    contentEncoding,
    deliveryMode,
    priority,
    expirationMs,
  ];
  return `${JSON.stringify(line)}\n${delivery.headers.json}`;
}

export function decodeHead(head: string): { readonly info: DeliveryInfo; readonly headersJson: string } {
  const end = head.indexOf('\n');
  const [exchange, routingKey, queue, redelivered, deliveryCount, ...properties] = JSON.parse(
    head.slice(0, end),
  ) as InfoLine;
  const [correlationId, replyTo, contentType, contentEncoding, deliveryMode, priority, expirationMs] = properties;
  const info: DeliveryInfo = {
    exchange,
    routingKey,
    queue,
    redelivered,
    deliveryCount,
    properties: { correlationId, replyTo, contentType, contentEncoding, deliveryMode, priority, expirationMs },
  };
  return { info, headersJson: head.slice(end + 1) };
}
