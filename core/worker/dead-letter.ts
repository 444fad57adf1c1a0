/**
 * Dead letters (design §6): the message as it was, in `<queue>.dead`, with one header that says where it comes from and
 * why it is here. Nothing is dropped in silence.
 */
import { HeaderBlock, type HeaderTable } from '../kernel/header-block.js';
import { ProtocolError, type ProtocolReason } from '../kernel/errors.js';
import type { Delivery, OutgoingMessage } from '../ports/transport.js';
import { formatInstant } from '../protocol/iso-instant.js';
import type { DeadLetter } from './verdict.js';

/** The header; its value is a `DeathCertificate`. */
export const DEATH_HEADER = 'celeriac-dead';

/** Why a message was given up. */
export type DeathReason =
  | 'unreadable'
  | 'content-disallowed'
  | 'unknown-task'
  | 'rejected'
  | 'too-many-deliveries'
  | 'too-many-retries'
  | 'eta-too-far'
  | 'result-refused'
  | ProtocolReason;

export interface DeathCertificate {
  /** Queue, exchange and routing key by which it had come. */
  readonly queue: string;
  readonly exchange: string;
  readonly routing_key: string;
  readonly reason: DeathReason;
  /** The error in words. */
  readonly error: string;
  /** Deliveries, the last one included. */
  readonly attempts: number;
  /** ISO 8601 instant. */
  readonly time: string;
}

export function deadQueueOf(queue: string): string {
  return `${queue}.dead`;
}

export function deadLetter(
  delivery: Delivery,
  death: { readonly reason: DeathReason; readonly error: string; readonly nowEpochMs: number },
): DeadLetter {
  const certificate = {
    queue: delivery.queue,
    exchange: delivery.exchange,
    routing_key: delivery.routingKey,
    reason: death.reason,
    error: death.error,
    attempts: delivery.deliveryCount + 1,
    time: formatInstant(death.nowEpochMs),
  } satisfies DeathCertificate;
  const headers = HeaderBlock.fromTable({ ...readableHeaders(delivery.headers), [DEATH_HEADER]: certificate });
  return { kind: 'dead-letter', queue: deadQueueOf(delivery.queue), headers };
}

/** A letter of what was acknowledged at its start, and so is not at the broker any more to become one. */
export function letterOf({ properties, body }: Delivery, headers: HeaderBlock, queue: string): OutgoingMessage {
  const lasting = { ...properties, expirationMs: null };
  return { exchange: '', routingKey: queue, headers, properties: lasting, body, notBeforeEpochMs: null };
}

/** The original headers; when they cannot be read, their text under one name. */
function readableHeaders(headers: HeaderBlock): HeaderTable {
  try {
    return headers.table;
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return { 'celeriac-headers': headers.json };
  }
}
