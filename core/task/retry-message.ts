/**
 * The message that runs a task again (RETRY-02, 06): the same task id, one retry more, to where the message came from,
 * with all that it carried; `Retry` may change arguments and options of the next run. Member thread.
 */
import { HeaderBlock, type HeaderTable } from '../kernel/header-block.js';
import type { MessageProperties, OutgoingMessage } from '../ports/transport.js';
import { encodeTaskBody, type BodyFormat, type EncodedBody, type TaskBody } from '../protocol/body.js';
import { formatInstant } from '../protocol/iso-instant.js';
import { argsRepr, kwargsRepr } from '../protocol/python-repr.js';
import { KNOWN_HEADERS } from '../protocol/task-headers.js';
import type { RetryMessageOptions } from './control-flow.js';
import type { DeliveryInfo } from './delivery-info.js';
import type { FollowUps, Way } from './follow-ups.js';

/** Headers that belong to the delivery that failed, not to the task (protocol.md §1.2). */
function isDeliveryHeader(name: string): boolean {
  return name === 'redelivered' || name === 'x-death' || /^x-(first|last)-death-/.test(name);
}

export interface RetryMessageParts {
  readonly headers: HeaderTable;
  readonly info: DeliveryInfo;
  /** Body as it came, and what was read of it. */
  readonly body: Uint8Array;
  readonly content: TaskBody;
  readonly retries: number;
  /** null runs it at once. */
  readonly etaEpochMs: number | null;
  /** Instant at which the message expires, as its header says; null for never. */
  readonly expiresEpochMs: number | null;
  readonly nowEpochMs: number;
  /** How the next run differs. */
  readonly options: RetryMessageOptions;
  /** The way to a queue that `options` name. */
  readonly wayTo: FollowUps['wayTo'];
  /** Of the task: in what a body is written whose arguments have changed. */
  readonly format: BodyFormat;
}

/** @throws EncodeError when new arguments cannot be carried, ConfigError for a format or queue that does not exist. */
export function buildRetryMessage(parts: RetryMessageParts): OutgoingMessage {
  const { info, options, etaEpochMs, nowEpochMs } = parts;
  const expiresEpochMs = expiryOf(parts);
  const encoded = changedBody(parts);
  return {
    ...destination(parts),
    headers: HeaderBlock.fromTable(headersOf(parts, encoded)),
    properties: {
      ...info.properties,
      ...(encoded === null ? {} : { contentType: encoded.contentType, contentEncoding: encoded.contentEncoding }),
      priority: options.priority ?? info.properties.priority,
      expirationMs: expiresEpochMs === null ? null : Math.max(0, Math.trunc(expiresEpochMs - nowEpochMs)),
    } satisfies MessageProperties,
    body: encoded?.body ?? parts.body,
    notBeforeEpochMs: etaEpochMs,
  };
}

/** To the exchange and key it came by, or to a queue as a call of the app would go there. */
function destination({ info, wayTo, options }: RetryMessageParts): Way {
  const { queue, exchange = null, routingKey = null } = options;
  if (queue !== undefined) return wayTo({ queue, exchange, routingKey });
  return { exchange: exchange ?? info.exchange, routingKey: routingKey ?? info.routingKey };
}

function expiryOf({ expiresEpochMs, options: { expires }, nowEpochMs }: RetryMessageParts): number | null {
  if (expires === undefined) return expiresEpochMs;
  return typeof expires === 'number' ? nowEpochMs + expires * 1_000 : expires.getTime();
}

/** null while neither arguments nor format change: the bytes then go out as they came. */
function changedBody({ content, options, format }: RetryMessageParts): EncodedBody | null {
  const { args, kwargs, serializer, compression } = options;
  if ((args ?? kwargs ?? serializer ?? compression) === undefined) return null;
  const body = { args: args ?? content.args, kwargs: kwargs ?? content.kwargs, embed: content.embed };
  return encodeTaskBody(body, {
    serializer: serializer ?? format.serializer,
    compression: compression ?? format.compression,
  });
}

function headersOf(parts: RetryMessageParts, encoded: EncodedBody | null): HeaderTable {
  const { headers, options, retries, etaEpochMs } = parts;
  const kept = Object.entries(headers).filter(([name]) => !isDeliveryHeader(name));
  const table: Record<string, HeaderTable[string]> = Object.fromEntries(kept);
  table['retries'] = retries;
  table['eta'] = etaEpochMs === null ? null : formatInstant(etaEpochMs);
  for (const [name, value] of Object.entries(options.headers ?? {})) if (!KNOWN_HEADERS.has(name)) table[name] = value;
  if (options.args !== undefined) table['argsrepr'] = argsRepr(options.args);
  if (options.kwargs !== undefined) table['kwargsrepr'] = kwargsRepr(options.kwargs);
  if (options.shadow !== undefined) table['shadow'] = options.shadow;
  if (options.ignoreResult !== undefined) table['ignore_result'] = options.ignoreResult;
  const expires = options.expires === undefined ? null : expiryOf(parts);
  if (expires !== null) table['expires'] = formatInstant(expires);
  if ((options.timeLimit ?? options.softTimeLimit) !== undefined) {
    const [hard = null, soft = null] = Array.isArray(headers['timelimit'])
      ? (headers['timelimit'] as readonly (number | null)[])
      : [];
    table['timelimit'] = [options.timeLimit ?? hard, options.softTimeLimit ?? soft];
  }
  if (encoded !== null) {
    // A header of the old body must not name the new one's compression.
    delete table['compression'];
    if (encoded.compression !== null) table['compression'] = encoded.compression;
  }
  return table;
}
