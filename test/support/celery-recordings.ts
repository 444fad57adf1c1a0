/** Messages and documents recorded from Celery (test/fixtures/celery/README.md), as tests want them. */
import { readFileSync } from 'node:fs';
import { HeaderBlock, type HeaderTable } from '../../core/kernel/header-block.js';
import type { MessageProperties } from '../../core/ports/transport.js';
import { fixture } from './project.js';

/** One message as the client gave it to the broker. */
export interface RecordedMessage {
  readonly properties: {
    readonly priority?: number;
    readonly content_type: string;
    readonly content_encoding: string;
    readonly correlation_id: string;
    readonly reply_to: string;
    readonly delivery_mode: 1 | 2;
    readonly expiration?: string;
  };
  readonly headers: HeaderTable;
  readonly body: { readonly text?: string; readonly base64?: string };
}

export interface Recording {
  readonly name: string;
  readonly messages: readonly RecordedMessage[];
}

/** A recorded file, whatever its form. */
export function recordedFile(name: string): unknown {
  return JSON.parse(readFileSync(fixture('celery', `${name}.json`), 'utf8'));
}

export function recordedMessages(version: '5.6' | '5.2'): readonly Recording[] {
  return (recordedFile(`task_messages_${version}`) as { readonly vectors: readonly Recording[] }).vectors;
}

export function propertiesOf({ properties }: RecordedMessage): MessageProperties {
  return {
    correlationId: properties.correlation_id,
    replyTo: properties.reply_to,
    contentType: properties.content_type,
    contentEncoding: properties.content_encoding,
    deliveryMode: properties.delivery_mode,
    priority: properties.priority ?? null,
    expirationMs: properties.expiration === undefined ? null : Number(properties.expiration),
  };
}

export function bytesOf({ body }: RecordedMessage): Uint8Array {
  return body.text === undefined ? Buffer.from(body.base64 ?? '', 'base64') : Buffer.from(body.text, 'utf8');
}

export function headersOf({ headers }: RecordedMessage): HeaderBlock {
  return HeaderBlock.fromJson(JSON.stringify(headers));
}

/** Our compact JSON as Python's `json.dumps` writes it: `", "`, `": "` and escapes for all that is not ASCII. */
export function asPythonWrites(json: string): string {
  return json
    .replace(/"(?:[^"\\]|\\.)*"|[,:]/g, (token) => (token.length === 1 ? `${token} ` : token))
    .replace(/[\u007f-\uffff]/g, (unit) =>
      unit === '\u007f' ? unit : `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
}
