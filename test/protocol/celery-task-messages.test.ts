/** Messages recorded from Celery 5.6 and 5.2 (test/fixtures/celery/README.md), both directions. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ContentDisallowed, ProtocolError } from '../../core/kernel/errors.js';
import { HeaderBlock, type HeaderTable } from '../../core/kernel/header-block.js';
import type { MessageProperties } from '../../core/ports/transport.js';
import { decodeBody, encodeBody } from '../../core/protocol/body.js';
import { argsRepr, kwargsRepr } from '../../core/protocol/python-repr.js';
import { encodeTaskHeaders } from '../../core/protocol/task-headers.js';
import { decodeTaskHeaders } from '../../core/protocol/task-message.js';
import { fixture } from '../support/project.js';

interface Recorded {
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
interface Vector {
  readonly name: string;
  readonly messages: readonly Recorded[];
}

const accept = { accept: ['json'] };

function load(version: string): readonly Vector[] {
  const file = JSON.parse(readFileSync(fixture('celery', `task_messages_${version}.json`), 'utf8')) as {
    readonly vectors: readonly Vector[];
  };
  return file.vectors;
}

function propertiesOf({ properties }: Recorded): MessageProperties {
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

function bytesOf({ body }: Recorded): Uint8Array {
  return body.text === undefined ? Buffer.from(body.base64 ?? '', 'base64') : Buffer.from(body.text, 'utf8');
}

/** A Python text that is passed on as it is. */
function text(table: HeaderTable, name: string): string | null {
  return (table[name] ?? null) as string | null;
}

function checkHeaders(recorded: Recorded): void {
  // From a store that keeps text, as from one that keeps fields.
  const message = decodeTaskHeaders(HeaderBlock.fromJson(JSON.stringify(recorded.headers)), propertiesOf(recorded));
  const { headers } = recorded;
  assert.equal(message.lang, 'py');
  assert.equal(message.correlationId, message.id);
  assert.equal(message.etaEpochMs === null, headers['eta'] === null);
  assert.equal(message.expiresEpochMs === null, headers['expires'] === null);
  const fields = Object.assign({}, message, {
    etaText: text(headers, 'eta'),
    expiresText: text(headers, 'expires'),
    argsrepr: message.argsrepr ?? '',
    kwargsrepr: message.kwargsrepr ?? '',
    origin: message.origin ?? '',
    ignoreResult: message.ignoreResult ?? false,
    stamps: message.stamps ?? {},
    customHeaders: message.customHeaders,
  });
  const again = encodeTaskHeaders(fields);
  // 5.2 does not write the last three.
  const newer = { replaced_task_nesting: 0, stamped_headers: null, stamps: {} };
  assert.deepStrictEqual({ ...again.table }, { ...newer, ...headers, lang: 'js' });
  assert.deepStrictEqual(
    Object.keys(again.table).filter((name) => name in headers),
    Object.keys(headers),
    'the order is that of Python',
  );
}

function checkBody(recorded: Recorded): void {
  const body = decodeBody(bytesOf(recorded), propertiesOf(recorded), accept);
  const again = encodeBody(body.args, body.kwargs, body.embed);
  assert.deepStrictEqual(decodeBody(again, propertiesOf(recorded), accept), body);
}

/** Celery shows here what JSON does not keep: that a sequence was a tuple or a list, a time without zone. */
const OTHER_REPR: ReadonlySet<string> = new Set([
  'json_ext_types',
  'send_task_unregistered',
  'map',
  'starmap',
  'chunks',
]);

function checkRepr(recorded: Recorded): void {
  const body = decodeBody(bytesOf(recorded), propertiesOf(recorded), accept);
  assert.equal(kwargsRepr(body.kwargs), recorded.headers['kwargsrepr']);
  assert.equal(argsRepr(body.args), recorded.headers['argsrepr']);
}

for (const version of ['5.6', '5.2']) {
  for (const { name, messages } of load(version)) {
    if (name.startsWith('protocol1')) {
      test(`Celery ${version} ${name}: protocol 1 is refused with a clear message`, () => {
        for (const recorded of messages) {
          assert.throws(
            () => decodeTaskHeaders(HeaderBlock.fromTable(recorded.headers), propertiesOf(recorded)),
            /protocol 1/,
          );
          assert.throws(() => decodeBody(bytesOf(recorded), propertiesOf(recorded), accept), /protocol 1/);
        }
      });
      continue;
    }
    test(`Celery ${version} ${name}: headers are read and written again key for key`, () => {
      for (const recorded of messages) checkHeaders(recorded);
    });
    const isJson = messages.every(({ properties }) => properties.content_type === 'application/json');
    const isPlain = messages.every(({ headers }) => headers['compression'] === undefined);
    if (isJson && isPlain) {
      test(`Celery ${version} ${name}: the body is read and written again without a change`, () => {
        for (const recorded of messages) checkBody(recorded);
      });
      if (OTHER_REPR.has(name)) continue;
      test(`Celery ${version} ${name}: arguments are shown as Python shows them`, () => {
        for (const recorded of messages) checkRepr(recorded);
      });
    } else {
      test(`Celery ${version} ${name}: the body is refused, not misread`, () => {
        for (const recorded of messages) {
          const expected = isJson ? ProtocolError : ContentDisallowed;
          assert.throws(() => decodeBody(bytesOf(recorded), propertiesOf(recorded), accept), expected);
        }
      });
    }
  }
}
