/**
 * A request to nodes ⇄ the message that carries it (protocol.md §9.1, WIRE-41). What arrives comes from whoever may
 * publish: every field is checked, and nothing of it is run. Client and host; no I/O.
 */
import { ProtocolError } from '../kernel/errors.js';
import { HeaderBlock } from '../kernel/header-block.js';
import type { Delivery, OutgoingMessage } from '../ports/transport.js';
import { decodeContent, type DecodeOptions } from '../protocol/body.js';
import { encodeJson } from '../protocol/json-encode.js';

/** `glob` matches the whole name as a shell does, `pcre` a regular expression at its start. */
export type NodeMatcher = 'glob' | 'pcre';

/** Whom a request means; all null is everybody. */
export interface ControlAddress {
  readonly destination: readonly string[] | null;
  readonly pattern: string | null;
  readonly matcher: NodeMatcher | null;
}

/** Where a node sends its reply. */
export interface ReplyAddress {
  readonly exchange: string;
  readonly routingKey: string;
  /** Names the request to its client. */
  readonly ticket: string;
}

export interface ControlRequest extends ControlAddress {
  readonly method: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  /** null asks for no reply. */
  readonly replyTo: ReplyAddress | null;
}

export interface ControlStamp {
  /** The sender's logical clock (APP-40). */
  readonly clock: number;
  /** When nobody waits for it any more; 0 is never. */
  readonly expiresEpochMs: number;
}

/** @param exchange the request exchange */
export function encodeControlRequest(
  request: ControlRequest,
  exchange: string,
  { clock, expiresEpochMs }: ControlStamp,
): OutgoingMessage {
  const { method, destination, pattern, matcher, replyTo } = request;
  const reply =
    replyTo === null
      ? {}
      : { ticket: replyTo.ticket, reply_to: { exchange: replyTo.exchange, routing_key: replyTo.routingKey } };
  const body = { method, arguments: request.arguments, destination, pattern, matcher, ...reply };
  return controlMessage(body, {
    exchange,
    routingKey: '',
    headers: HeaderBlock.fromTable({ clock, expires: expiresEpochMs / 1_000 }),
    deliveryMode: 2,
  });
}

/** @throws ProtocolError for what is no request; ContentDisallowed for a format that is not accepted. */
export function decodeControlRequest(delivery: Delivery, options: DecodeOptions): ControlRequest {
  const body = decodeContent(delivery.body, delivery.properties, options);
  if (!isTable(body)) throw bad('is not a mapping');
  const method = own(body, 'method');
  if (typeof method !== 'string' || method === '') throw bad('names no method');
  const args = own(body, 'arguments') ?? {};
  if (!isTable(args)) throw bad('has arguments that are no mapping');
  return { method, arguments: args, ...addressOf(body), replyTo: replyAddressOf(body) };
}

/** A message of remote control: JSON, not mandatory, since nobody may listen. */
export function controlMessage(
  body: unknown,
  place: {
    readonly exchange: string;
    readonly routingKey: string;
    readonly headers: HeaderBlock;
    readonly deliveryMode: 1 | 2;
  },
): OutgoingMessage {
  const { exchange, routingKey, headers, deliveryMode } = place;
  return {
    exchange,
    routingKey,
    headers,
    properties: {
      correlationId: null,
      replyTo: null,
      contentType: 'application/json',
      contentEncoding: 'utf-8',
      deliveryMode,
      priority: 0,
      expirationMs: null,
    },
    body: Buffer.from(encodeJson(body), 'utf8'),
    notBeforeEpochMs: null,
    mandatory: false,
  };
}

type Table = Readonly<Record<string, unknown>>;

function addressOf(body: Table): ControlAddress {
  const destination = own(body, 'destination');
  if (destination !== null && !(Array.isArray(destination) && destination.every(isText))) {
    throw bad('has a destination that is no list of names');
  }
  const pattern = own(body, 'pattern');
  const matcher = own(body, 'matcher');
  if (pattern !== null && typeof pattern !== 'string') throw bad('has a pattern that is no text');
  if (matcher !== null && matcher !== 'glob' && matcher !== 'pcre') throw bad('has an unknown matcher');
  return { destination: destination, pattern, matcher };
}

function replyAddressOf(body: Table): ReplyAddress | null {
  const replyTo = own(body, 'reply_to');
  const ticket = own(body, 'ticket');
  if (replyTo === null) return null;
  if (!isTable(replyTo) || !isText(ticket)) throw bad('wants a reply and does not say where');
  const exchange = own(replyTo, 'exchange');
  const routingKey = own(replyTo, 'routing_key');
  if (!isText(exchange) || !isText(routingKey)) throw bad('wants a reply and does not say where');
  return { exchange, routingKey, ticket };
}

function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function own(table: Table, name: string): unknown {
  return Object.hasOwn(table, name) ? (table[name] ?? null) : null;
}

function bad(what: string): ProtocolError {
  return new ProtocolError(`a control request ${what}`);
}
