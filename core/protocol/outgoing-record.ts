/**
 * An OutgoingMessage as bytes, so that a member can hand the message that it has built to the host. Headers travel as
 * JSON text and the body as it is: the host parses neither. Little endian:
 *
 *       0  u8   version (1)            1  u8  present: 1 correlationId, 2 replyTo, 4 priority, 8 expiration, 16 notBefore,
 *                                            32 not mandatory
 *       2  u8   delivery mode          3  u8  priority
 *       4  f64  expiration, ms        12  f64 not before, epoch ms
 *      20  u32 × 7  bytes of exchange, routing key, content type, content encoding, correlation id, reply to, headers
 *      48  these texts, UTF-8, in this order; then the body to the end
 */
import { ProtocolError } from '../kernel/errors.js';
import { HeaderBlock } from '../kernel/header-block.js';
import type { OutgoingMessage } from '../ports/transport.js';

const VERSION = 1;
const EXPIRATION_OFFSET = 4;
const NOT_BEFORE_OFFSET = 12;
const LENGTHS_OFFSET = 20;
const TEXT_COUNT = 7;
const TEXTS_OFFSET = LENGTHS_OFFSET + 4 * TEXT_COUNT;

const Present = {
  CORRELATION_ID: 1,
  REPLY_TO: 2,
  PRIORITY: 4,
  EXPIRATION: 8,
  NOT_BEFORE: 16,
  NOT_MANDATORY: 32,
} as const;

/** The bytes belong to the caller. */
export function encodeOutgoing(message: OutgoingMessage): Uint8Array {
  const { properties } = message;
  const texts = [
    message.exchange,
    message.routingKey,
    properties.contentType,
    properties.contentEncoding,
    properties.correlationId ?? '',
    properties.replyTo ?? '',
    message.headers.json,
  ];
  // A UTF-16 unit takes at most three bytes: room for the worst case spares a pass over the texts.
  let room = TEXTS_OFFSET + message.body.length;
  for (const text of texts) room += text.length * 3;
  const record = Buffer.allocUnsafe(room);
  record[0] = VERSION;
  record[1] = presence(message);
  record[2] = properties.deliveryMode;
  record[3] = properties.priority ?? 0;
  record.writeDoubleLE(properties.expirationMs ?? 0, EXPIRATION_OFFSET);
  record.writeDoubleLE(message.notBeforeEpochMs ?? 0, NOT_BEFORE_OFFSET);
  let at = TEXTS_OFFSET;
  for (let i = 0; i < TEXT_COUNT; i++) {
    const bytes = record.write(texts[i]!, at, 'utf8');
    record.writeUInt32LE(bytes, LENGTHS_OFFSET + 4 * i);
    at += bytes;
  }
  record.set(message.body, at);
  return record.subarray(0, at + message.body.length);
}

function presence({ properties, notBeforeEpochMs, mandatory }: OutgoingMessage): number {
  return (
    (properties.correlationId === null ? 0 : Present.CORRELATION_ID) |
    (properties.replyTo === null ? 0 : Present.REPLY_TO) |
    (properties.priority === null ? 0 : Present.PRIORITY) |
    (properties.expirationMs === null ? 0 : Present.EXPIRATION) |
    (notBeforeEpochMs === null ? 0 : Present.NOT_BEFORE) |
    (mandatory === false ? Present.NOT_MANDATORY : 0)
  );
}

/**
 * The body is a view of `record`, which must stay untouched for as long as the message is in use.
 * @throws ProtocolError when the bytes are not such a record.
 */
export function decodeOutgoing(record: Uint8Array): OutgoingMessage {
  const bytes = Buffer.from(record.buffer, record.byteOffset, record.byteLength);
  if (bytes.length < TEXTS_OFFSET || bytes[0] !== VERSION)
    throw new ProtocolError('not a record of an outgoing message');
  const texts: string[] = [];
  let at = TEXTS_OFFSET;
  for (let i = 0; i < TEXT_COUNT; i++) {
    const end = at + bytes.readUInt32LE(LENGTHS_OFFSET + 4 * i);
    if (end > bytes.length) throw new ProtocolError('record of an outgoing message is cut short');
    texts.push(at === end ? '' : bytes.toString('utf8', at, end));
    at = end;
  }
  const present = bytes[1]!;
  return {
    exchange: texts[0]!,
    routingKey: texts[1]!,
    headers: HeaderBlock.fromJson(texts[6]!),
    properties: {
      contentType: texts[2]!,
      contentEncoding: texts[3]!,
      correlationId: present & Present.CORRELATION_ID ? texts[4]! : null,
      replyTo: present & Present.REPLY_TO ? texts[5]! : null,
      deliveryMode: bytes[2] === 1 ? 1 : 2,
      priority: present & Present.PRIORITY ? bytes[3]! : null,
      expirationMs: present & Present.EXPIRATION ? bytes.readDoubleLE(EXPIRATION_OFFSET) : null,
    },
    body: record.subarray(at),
    notBeforeEpochMs: present & Present.NOT_BEFORE ? bytes.readDoubleLE(NOT_BEFORE_OFFSET) : null,
    ...(present & Present.NOT_MANDATORY ? { mandatory: false } : {}),
  };
}
