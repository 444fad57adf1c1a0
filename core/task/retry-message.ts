/** The message that runs a task again: the same task id, one retry more, to the queue it came from (RETRY-02, 06). */
import { HeaderBlock, type HeaderTable } from '../kernel/header-block.js';
import type { OutgoingMessage } from '../ports/transport.js';
import { formatInstant } from '../protocol/iso-instant.js';
import type { DeliveryInfo } from './delivery-info.js';

/** Headers that belong to the delivery that failed, not to the task (protocol.md §1.2). */
function isDeliveryHeader(name: string): boolean {
  return name === 'redelivered' || name === 'x-death' || /^x-(first|last)-death-/.test(name);
}

export interface RetryMessageParts {
  readonly headers: HeaderTable;
  readonly info: DeliveryInfo;
  readonly body: Uint8Array;
  readonly retries: number;
  /** null runs it at once. */
  readonly etaEpochMs: number | null;
  /** Instant at which the message expires, as its header says; null for never. */
  readonly expiresEpochMs: number | null;
  readonly nowEpochMs: number;
}

export function buildRetryMessage(parts: RetryMessageParts): OutgoingMessage {
  const { headers, info, body, retries, etaEpochMs, expiresEpochMs, nowEpochMs } = parts;
  const kept = Object.entries(headers).filter(([name]) => !isDeliveryHeader(name));
  const eta = etaEpochMs === null ? null : formatInstant(etaEpochMs);
  return {
    exchange: info.exchange,
    routingKey: info.routingKey,
    headers: HeaderBlock.fromTable({ ...Object.fromEntries(kept), retries, eta }),
    properties: {
      ...info.properties,
      expirationMs: expiresEpochMs === null ? null : Math.max(0, Math.trunc(expiresEpochMs - nowEpochMs)),
    },
    body,
    notBeforeEpochMs: etaEpochMs,
  };
}
