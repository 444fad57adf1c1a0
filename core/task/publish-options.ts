/**
 * How one publish differs from what the settings say: given with a message to the outlet, and by a member to its host as
 * JSON before the message's record. The usual message has none.
 */
import type { ExchangeDeclaration, OutgoingMessage, QueueDeclaration } from '../ports/transport.js';
import { decodeOutgoing, encodeOutgoing } from '../protocol/outgoing-record.js';
import type { RetryPolicy } from '../settings/setting.js';

/** What a transport is told before it is published to or consumed from. */
export interface Declarations {
  readonly exchanges: readonly ExchangeDeclaration[];
  readonly queues: readonly QueueDeclaration[];
}

export interface PublishOptions {
  /** null is no retry. */
  readonly retry: RetryPolicy | null;
  /** Deadline of the publish, ms. */
  readonly timeoutMs: number;
  /** Declared first, beside the queues of the app's own settings. */
  readonly declare: Declarations | null;
}

export interface SpecialPublish {
  readonly message: OutgoingMessage;
  readonly options: PublishOptions;
}

const LENGTH_BYTES = 4;

/** `[u32 length of the options][options, JSON][encodeOutgoing]`, little endian. */
export function encodeSpecialPublish({ message, options }: SpecialPublish): Uint8Array {
  const head = Buffer.from(JSON.stringify(options));
  const length = Buffer.allocUnsafe(LENGTH_BYTES);
  length.writeUInt32LE(head.length, 0);
  return Buffer.concat([length, head, encodeOutgoing(message)]);
}

export function decodeSpecialPublish(payload: Uint8Array): SpecialPublish {
  const record = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  const end = LENGTH_BYTES + record.readUInt32LE(0);
  const options = JSON.parse(record.toString('utf8', LENGTH_BYTES, end)) as PublishOptions;
  return { message: decodeOutgoing(payload.subarray(end)), options };
}
