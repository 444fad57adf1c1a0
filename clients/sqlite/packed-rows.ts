/**
 * Packs messages and documents into one buffer and cuts such buffers again, on the host thread. What the rows hold is
 * told in io-protocol.ts.
 */
import { Buffer } from 'node:buffer';
import { HeaderBlock } from '../../core/kernel/header-block.js';
import type { MessageProperties, OutgoingMessage } from '../../core/ports/transport.js';
import type { StoredResult } from '../../core/ports/backend.js';
import type { PackedMessages, PackedRows } from './io-protocol.js';

/** The properties of the port and the address to which the message was published. */
export interface StoredProperties extends MessageProperties {
  readonly exchange: string;
  readonly routingKey: string;
}

/** A message cut from a buffer; the body is a view of it. */
export interface UnpackedMessage {
  readonly headers: HeaderBlock;
  readonly properties: StoredProperties;
  readonly body: Uint8Array;
  readonly deliveryCount: number;
  /** Row id, where the rows have it. */
  readonly id: number | null;
  /** When it came into the file; null in a row of an older celeriac. */
  readonly publishedEpochMs: number | null;
}

function bufferOf(data: Uint8Array): Buffer {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}

export function packMessages(messages: readonly OutgoingMessage[], nowEpochMs: number): PackedMessages {
  const texts: string[] = [];
  const rows: (number | null)[][] = [];
  let size = 0;
  let hasDelayed = false;
  for (const message of messages) {
    const { expirationMs, priority } = message.properties;
    const headers = message.headers.json;
    const properties = formatProperties(message, nowEpochMs);
    texts.push(headers, properties);
    const headersLength = Buffer.byteLength(headers);
    const propertiesLength = Buffer.byteLength(properties);
    const dueEpochMs =
      message.notBeforeEpochMs !== null && message.notBeforeEpochMs > nowEpochMs
        ? Math.ceil(message.notBeforeEpochMs)
        : null;
    hasDelayed ||= dueEpochMs !== null;
    rows.push([
      -(priority ?? 0),
      dueEpochMs,
      expirationMs === null ? null : Math.ceil(nowEpochMs + expirationMs),
      size,
      headersLength,
      propertiesLength,
      message.body.byteLength,
    ]);
    size += headersLength + propertiesLength + message.body.byteLength;
  }
  const data = Buffer.allocUnsafeSlow(size);
  let at = 0;
  messages.forEach(({ body }, i) => {
    at += data.write(texts[2 * i] ?? '', at);
    at += data.write(texts[2 * i + 1] ?? '', at);
    data.set(body, at);
    at += body.byteLength;
  });
  return { meta: JSON.stringify(rows), data, count: messages.length, hasDelayed };
}

export function unpackMessages(rows: PackedRows): UnpackedMessage[] {
  const data = bufferOf(rows.data);
  let at = 0;
  return (JSON.parse(rows.meta) as readonly (readonly [number, number, number, number, number?])[]).map(
    ([headersLength, propertiesLength, bodyLength, deliveryCount, id = null]) => {
      const headersEnd = at + headersLength;
      const propertiesEnd = headersEnd + propertiesLength;
      const line = parseLine(data.toString('utf8', headersEnd, propertiesEnd));
      const message: UnpackedMessage = {
        headers: HeaderBlock.fromJson(data.toString('utf8', at, headersEnd)),
        properties: propertiesOf(line),
        body: data.subarray(propertiesEnd, propertiesEnd + bodyLength),
        deliveryCount,
        id,
        publishedEpochMs: line[9] ?? null,
      };
      at = propertiesEnd + bodyLength;
      return message;
    },
  );
}

/** The flat list in which properties and address are stored: a third of the price of an object with names. */
type StoredLine = readonly [
  exchange: string,
  routingKey: string,
  correlationId: string | null,
  replyTo: string | null,
  contentType: string,
  contentEncoding: string,
  deliveryMode: 1 | 2,
  priority: number | null,
  expirationMs: number | null,
  publishedEpochMs?: number | null,
];

function formatProperties({ exchange, routingKey, properties }: OutgoingMessage, nowEpochMs: number): string {
  const { correlationId, replyTo, contentType, contentEncoding, deliveryMode, priority, expirationMs } = properties;
  const line: StoredLine = [
    exchange,
    routingKey,
    correlationId,
    replyTo,
    contentType,
    contentEncoding,
    deliveryMode,
    priority,
    expirationMs,
    nowEpochMs,
  ];
  return JSON.stringify(line);
}

/** What a damaged row reads as: a content type that nobody accepts, so its message is dead-lettered and the rest goes on. */
const DAMAGED: StoredLine = ['', '', null, null, 'damaged', 'binary', 2, null, null];

/** Rows may come from another program: what is not of its type would fail somewhere else, far from here. */
function parseLine(json: string): StoredLine {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return DAMAGED;
  }
  return isStoredLine(value) ? value : DAMAGED;
}

function isStoredLine(value: unknown): value is StoredLine {
  if (!Array.isArray(value)) return false;
  const [exchange, routingKey, correlationId, replyTo, contentType, contentEncoding] = value as readonly unknown[];
  const [, , , , , , deliveryMode, priority, expirationMs, publishedEpochMs = null] = value as readonly unknown[];
  return (
    typeof exchange === 'string' &&
    typeof routingKey === 'string' &&
    isTextOrNull(correlationId) &&
    isTextOrNull(replyTo) &&
    typeof contentType === 'string' &&
    typeof contentEncoding === 'string' &&
    (deliveryMode === 1 || deliveryMode === 2) &&
    isNumberOrNull(priority) &&
    isNumberOrNull(expirationMs) &&
    isNumberOrNull(publishedEpochMs)
  );
}

function isTextOrNull(value: unknown): boolean {
  return value === null || typeof value === 'string';
}

function isNumberOrNull(value: unknown): boolean {
  return value === null || typeof value === 'number';
}

function propertiesOf(line: StoredLine): StoredProperties {
  const [exchange, routingKey, correlationId, replyTo, contentType, contentEncoding] = line;
  return {
    exchange,
    routingKey,
    correlationId,
    replyTo,
    contentType,
    contentEncoding,
    deliveryMode: line[6],
    priority: line[7],
    expirationMs: line[8],
  };
}

export interface PackedDocuments {
  readonly meta: string;
  readonly data: Uint8Array;
}

/** @param isReady tells whether a state is final. */
export function packResults(results: readonly StoredResult[], isReady: (state: string) => boolean): PackedDocuments {
  let size = 0;
  for (const { document } of results) size += document.byteLength;
  const data = Buffer.allocUnsafeSlow(size);
  let at = 0;
  const rows = results.map(({ taskId, state, document }) => {
    data.set(document, at);
    at += document.byteLength;
    return [taskId, state, isReady(state) ? 1 : 0, at - document.byteLength, document.byteLength];
  });
  return { meta: JSON.stringify(rows), data };
}

export function unpackResults(rows: PackedRows): StoredResult[] {
  let at = 0;
  return (JSON.parse(rows.meta) as readonly (readonly [string, string, number])[]).map(([taskId, state, length]) => {
    at += length;
    return { taskId, state, document: rows.data.subarray(at - length, at) };
  });
}
