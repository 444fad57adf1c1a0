/** Messages recorded from Celery 5.6 and 5.2 (test/fixtures/celery/README.md), both directions. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ContentDisallowed } from '../../core/kernel/errors.js';
import { HeaderBlock, type HeaderTable } from '../../core/kernel/header-block.js';
import { decodeBody, encodeTaskBody } from '../../core/protocol/body.js';
import { decompressBody } from '../../core/protocol/compression.js';
import { argsRepr, kwargsRepr } from '../../core/protocol/python-repr.js';
import type { ContentDescription } from '../../core/protocol/serializers.js';
import { encodeTaskHeaders } from '../../core/protocol/task-headers.js';
import { decodeTaskHeaders } from '../../core/protocol/task-message.js';
import {
  asPythonWrites,
  bytesOf,
  propertiesOf,
  recordedMessages,
  type RecordedMessage,
} from '../support/celery-recordings.js';

/** A Python text that is passed on as it is. */
function text(table: HeaderTable, name: string): string | null {
  return (table[name] ?? null) as string | null;
}

function checkHeaders(recorded: RecordedMessage): void {
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

const ALL = { accept: ['json', 'msgpack', 'yaml', 'pickle'] };

/** Only these have one way to write a value; YAML of ours is in flow style, and a pickle remembers what it holds twice. */
const SAME_BYTES: ReadonlyMap<string, (bytes: Uint8Array) => string> = new Map([
  ['application/json', (bytes) => asPythonWrites(Buffer.from(bytes).toString('utf8'))],
  ['application/x-msgpack', (bytes) => Buffer.from(bytes).toString('latin1')],
]);

/** 5.2 writes an aware datetime as text; a float without fraction, like 1.0, is an integer here (NM-11). */
function checkBody(recorded: RecordedMessage): void {
  const content = contentOf(recorded);
  const bytes = bytesOf(recorded);
  const body = decodeBody(bytes, content, ALL);
  const again = encodeTaskBody(body, { serializer: content.contentType, compression: null });
  assert.deepStrictEqual(decodeBody(again.body, again, ALL), body);
  const plain = content.compression === null ? bytes : decompressBody(bytes, content.compression, 1_000_000);
  const textOf = SAME_BYTES.get(content.contentType);
  if (textOf !== undefined) {
    const expected = Buffer.from(plain);
    assert.equal(textOf(again.body), expected.toString(content.contentType === 'application/json' ? 'utf8' : 'latin1'));
  }
  if (content.compression === null || UNWRITTEN.has(content.compression)) return;
  const packed = encodeTaskBody(body, { serializer: content.contentType, compression: content.compression });
  assert.deepStrictEqual(decodeBody(packed.body, { ...again, compression: packed.compression }, ALL), body);
}

/** Read, not written (decision 0012); zstd is written by newer versions of Node. */
const UNWRITTEN: ReadonlySet<string> = new Set(['application/x-bz2', 'application/x-lzma', 'application/zstd']);

function contentOf(recorded: RecordedMessage): ContentDescription & { readonly compression: string | null } {
  const { contentType, contentEncoding } = propertiesOf(recorded);
  return { contentType, contentEncoding, compression: text(recorded.headers, 'compression') };
}

/** Celery shows here what JSON does not keep: that a sequence was a tuple or a list, a time without zone. */
const OTHER_REPR: ReadonlySet<string> = new Set([
  'json_ext_types',
  'send_task_unregistered',
  'map',
  'starmap',
  'chunks',
]);

function checkRepr(recorded: RecordedMessage): void {
  const body = decodeBody(bytesOf(recorded), contentOf(recorded), ALL);
  assert.equal(kwargsRepr(body.kwargs), recorded.headers['kwargsrepr']);
  assert.equal(argsRepr(body.args), recorded.headers['argsrepr']);
}

for (const version of ['5.6', '5.2'] as const) {
  for (const { name, messages } of recordedMessages(version)) {
    if (name.startsWith('protocol1')) continue;
    test(`Celery ${version} ${name}: headers are read and written again key for key`, () => {
      for (const recorded of messages) checkHeaders(recorded);
    });
    test(`Celery ${version} ${name}: the body is read and written again without a change`, () => {
      for (const recorded of messages) checkBody(recorded);
    });
    if (!messages.every(({ properties }) => properties.content_type === 'application/json')) {
      test(`Celery ${version} ${name}: the body is refused where its format is not accepted`, () => {
        for (const recorded of messages) {
          assert.throws(
            () => decodeBody(bytesOf(recorded), contentOf(recorded), { accept: ['json'] }),
            ContentDisallowed,
          );
        }
      });
    }
    if (OTHER_REPR.has(name)) continue;
    test(`Celery ${version} ${name}: arguments are shown as Python shows them`, () => {
      for (const recorded of messages) checkRepr(recorded);
    });
  }
}
