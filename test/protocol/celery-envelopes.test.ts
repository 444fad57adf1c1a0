/** Envelopes that Celery wrote to Redis, and those that a Python worker was given: their task messages are read. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProtocolError } from '../../core/kernel/errors.js';
import { HeaderBlock, type HeaderTable } from '../../core/kernel/header-block.js';
import { decodeBody, type TaskBody } from '../../core/protocol/body.js';
import { upgradeMessageV1 } from '../../core/protocol/message-v1.js';
import { decodeTaskHeaders } from '../../core/protocol/task-message.js';
import { recordedFile } from '../support/celery-recordings.js';

interface Envelope {
  readonly body: string;
  readonly headers: HeaderTable;
  readonly 'content-type': string;
  readonly 'content-encoding': string;
  readonly properties: { readonly correlation_id?: string; readonly body_encoding?: string };
}

const ALL = { accept: ['json', 'msgpack', 'yaml', 'pickle'] };

function read(envelope: Envelope, options = ALL): TaskBody & { readonly id: string } {
  const properties = {
    correlationId: envelope.properties.correlation_id ?? null,
    replyTo: null,
    contentType: envelope['content-type'],
    contentEncoding: envelope['content-encoding'],
    deliveryMode: 2,
    priority: null,
    expirationMs: null,
  } as const;
  const isBase64 = envelope.properties.body_encoding === 'base64';
  const body = Buffer.from(envelope.body, isBase64 ? 'base64' : 'utf8');
  const headers = HeaderBlock.fromTable(envelope.headers);
  const isModern = Object.hasOwn(envelope.headers, 'task');
  const upgraded =
    isModern && 'lang' in envelope.headers ? null : upgradeMessageV1({ headers, properties, body }, options);
  if (upgraded !== null) {
    const { id } = decodeTaskHeaders(HeaderBlock.fromTable(upgraded.headers), properties);
    return { id, ...decodeBody(upgraded.body, upgraded, options) };
  }
  const message = decodeTaskHeaders(headers, properties);
  return { id: message.id, ...decodeBody(body, message, options) };
}

/** Every text in a recorded file that is an envelope. */
function envelopesIn(value: unknown): readonly Envelope[] {
  if (typeof value === 'string' && value.startsWith('{"body"')) return [JSON.parse(value) as Envelope];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(envelopesIn) : [];
}

for (const version of ['5.6', '5.2']) {
  test(`Celery ${version}: the task messages in envelopes of Redis are read`, () => {
    const all = envelopesIn(recordedFile(`redis_envelopes_${version}`));
    const envelopes = all.filter(({ headers }) => 'task' in headers);
    assert.ok(envelopes.length > 10);
    for (const envelope of envelopes) {
      const { id, args } = read(envelope);
      assert.equal(id, envelope.properties.correlation_id);
      assert.ok(Array.isArray(args));
    }
  });
}

/** Beyond what Python takes: it ends, or never stores a result; or differently: it runs args null into a TypeError. */
const REFUSED = new Set([
  ...['body_two_items', 'args_null', 'kwargs_null', 'missing_id', 'eta_epoch_number', 'eta_garbage'],
  ...['bad_content_type', 'pickle_not_accepted', 'compression_gzip_real_gzip_stream'],
]);

test('what a Python worker runs is read, and what it refuses or dies of is a ProtocolError', () => {
  const file = recordedFile('acceptance_python_worker_5.6') as {
    readonly results: readonly { readonly case: string; readonly meta: { readonly status: string } | null }[];
    readonly envelopes: Readonly<Record<string, Envelope | undefined>>;
  };
  let accepted = 0;
  let refused = 0;
  for (const { case: name, meta } of file.results) {
    const envelope = file.envelopes[name];
    if (envelope === undefined) continue;
    const json = { accept: ['json'] };
    if (meta?.status === 'SUCCESS') {
      assert.ok(read(envelope, json).id !== '', name);
      accepted++;
    } else if (REFUSED.has(name)) {
      assert.throws(() => read(envelope, json), ProtocolError, name);
      refused++;
    }
  }
  assert.equal(refused, REFUSED.size);
  assert.ok(accepted > 12, `${String(accepted)} accepted`);
});
