/** What a node answers ⇄ the message that carries it (protocol.md §9.2, WIRE-42). Client and host; no I/O. */
import { ProtocolError } from '../kernel/errors.js';
import { HeaderBlock } from '../kernel/header-block.js';
import type { Delivery, OutgoingMessage } from '../ports/transport.js';
import { decodeContent, type DecodeOptions } from '../protocol/body.js';
import { controlMessage, type ReplyAddress } from './control-request.js';

export interface ControlReply {
  /** Which request it answers. */
  readonly ticket: string;
  readonly nodename: string;
  /** `{ ok: … }`, `{ error: … }`, or the value of an inspect command. */
  readonly value: unknown;
  /** The node's logical clock. */
  readonly clock: number;
}

/** Answers by name of node; empty when nobody answered in time, which does not mean that there is no worker (MIS-40). */
export type ControlReplies<T = unknown> = ReadonlyMap<string, T>;

/** @throws EncodeError when the value cannot be carried. */
export function encodeControlReply(reply: Omit<ControlReply, 'ticket'>, to: ReplyAddress): OutgoingMessage {
  return controlMessage(
    { [reply.nodename]: reply.value ?? null },
    {
      exchange: to.exchange,
      routingKey: to.routingKey,
      headers: HeaderBlock.fromTable({ ticket: to.ticket, clock: reply.clock }),
      deliveryMode: 1,
    },
  );
}

/** @throws ProtocolError for what is no reply; ContentDisallowed for a format that is not accepted. */
export function decodeControlReply(delivery: Delivery, options: DecodeOptions): ControlReply {
  const { ticket, clock } = delivery.headers.table;
  if (typeof ticket !== 'string') throw new ProtocolError('a control reply has no ticket');
  const body = decodeContent(delivery.body, delivery.properties, options);
  const nodes = typeof body === 'object' && body !== null ? Object.entries(body as Record<string, unknown>) : [];
  const [node] = nodes;
  if (node === undefined || nodes.length > 1) throw new ProtocolError('a control reply is not of one node');
  return { ticket, nodename: node[0], value: node[1], clock: typeof clock === 'number' ? clock : 0 };
}
