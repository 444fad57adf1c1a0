/**
 * Where a dead letter goes when it is sent back: to the queue that it came from, as it was, with one header that counts.
 * The certificate is a stranger's data: what it does not say is taken from the name of the dead-letter queue. Pure.
 */
import { HeaderBlock, type HeaderTable } from '../core/kernel/header-block.js';
import type { MessageMove } from '../core/ports/transport.js';
import { DEATH_HEADER } from '../core/worker/dead-letter.js';
import { DEAD_SUFFIX } from './dead-letters.js';
import { UNREADABLE_HEADERS, type DeadMessage } from './dead-message.js';

/** How often the message was sent back; stays with it if it dies again. */
export const REDRIVES_HEADER = 'celeriac-redrives';

/** @param to queue to use instead of the one that it came from */
export function redriveOf(
  { queue, headers }: Pick<DeadMessage, 'queue' | 'headers'>,
  to: string | null,
): NonNullable<MessageMove['to']> {
  const { [DEATH_HEADER]: death, [UNREADABLE_HEADERS]: unreadable, ...rest } = headers;
  const certificate: HeaderTable = isTable(death) ? death : {};
  const origin =
    to ?? textOf(certificate, 'queue') ?? (queue.endsWith(DEAD_SUFFIX) ? queue.slice(0, -DEAD_SUFFIX.length) : queue);
  const isSame = to === null;
  return {
    queue: origin,
    exchange: (isSame ? textOf(certificate, 'exchange') : null) ?? '',
    routingKey: (isSame ? textOf(certificate, 'routing_key') : null) ?? origin,
    headers:
      // Headers that nobody could read go back as they came, uncounted.
      typeof unreadable === 'string'
        ? HeaderBlock.fromJson(unreadable)
        : HeaderBlock.fromTable({ ...rest, [REDRIVES_HEADER]: redrivesOf(headers) + 1 }),
  };
}

/** How often a message was sent back so far. */
export function redrivesOf(headers: HeaderTable): number {
  const count = headers[REDRIVES_HEADER];
  return typeof count === 'number' && Number.isSafeInteger(count) && count > 0 ? count : 0;
}

function textOf(table: HeaderTable, name: string): string | null {
  const value = table[name];
  return typeof value === 'string' ? value : null;
}

function isTable(value: unknown): value is HeaderTable {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
