/**
 * One dead letter as it is shown: the certificate of core/worker/dead-letter.ts and what can be read of the message.
 * All of it is a stranger's data: fields of the wrong type read as absent.
 */
import { ProtocolError } from '../core/kernel/errors.js';
import type { HeaderTable } from '../core/kernel/header-block.js';
import type { BrowsedMessage } from '../core/ports/transport.js';
import { decodeUtf8 } from '../core/protocol/json-decode.js';
import { DEATH_HEADER } from '../core/worker/dead-letter.js';

/** Header under which the text of headers stands that could not be read (core/worker/dead-letter.ts). */
export const UNREADABLE_HEADERS = 'celeriac-headers';

export interface DeadMessage {
  /** Place in its queue, the oldest is 1. */
  readonly number: number;
  readonly queue: string;
  readonly id: string | null;
  readonly task: string | null;
  /** Why it was given up; null when the message has no certificate. */
  readonly reason: string | null;
  readonly error: string | null;
  readonly attempts: number | null;
  /** ISO 8601 instant of the death. */
  readonly time: string | null;
  readonly headers: HeaderTable;
  readonly contentType: string;
  /** The body as text; in base64 where it is none. */
  readonly body: string;
}

export function readDeadMessage(message: BrowsedMessage, queue: string, number: number): DeadMessage {
  const headers = readHeaders(message);
  const death = headers[DEATH_HEADER];
  const certificate: HeaderTable = isTable(death) ? death : {};
  return {
    number,
    queue,
    id: textOf(headers, 'id') ?? message.properties.correlationId,
    task: textOf(headers, 'task'),
    reason: textOf(certificate, 'reason'),
    error: textOf(certificate, 'error'),
    attempts: typeof certificate['attempts'] === 'number' ? certificate['attempts'] : null,
    time: textOf(certificate, 'time'),
    headers,
    contentType: message.properties.contentType,
    body: textOfBody(message.body),
  };
}

function readHeaders({ headers }: BrowsedMessage): HeaderTable {
  try {
    return headers.table;
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return { [UNREADABLE_HEADERS]: headers.json };
  }
}

function textOf(table: HeaderTable, name: string): string | null {
  const value = table[name];
  return typeof value === 'string' ? value : null;
}

function isTable(value: unknown): value is HeaderTable {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOfBody(body: Uint8Array): string {
  try {
    return decodeUtf8(body);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return Buffer.from(body).toString('base64');
  }
}
