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

export function encodeHead(delivery: Delivery): string {
  const { exchange, routingKey, queue, redelivered, deliveryCount, properties } = delivery;
  const info: DeliveryInfo = { exchange, routingKey, queue, redelivered, deliveryCount, properties };
  return `${JSON.stringify(info)}\n${delivery.headers.json}`;
}

export function decodeHead(head: string): { readonly info: DeliveryInfo; readonly headersJson: string } {
  const end = head.indexOf('\n');
  return { info: JSON.parse(head.slice(0, end)) as DeliveryInfo, headersJson: head.slice(end + 1) };
}
