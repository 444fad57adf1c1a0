/** Messages recorded from Celery 5.6 and 5.2 (test/fixtures/celery/README.md), both directions. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ContentDisallowed, ProtocolError } from '../../core/kernel/errors.js';
import { HeaderBlock, type HeaderTable } from '../../core/kernel/header-block.js';
import { decodeBody, encodeBody } from '../../core/protocol/body.js';
import { argsRepr, kwargsRepr } from '../../core/protocol/python-repr.js';
import { encodeTaskHeaders } from '../../core/protocol/task-headers.js';
import { decodeTaskHeaders } from '../../core/protocol/task-message.js';
import { bytesOf, propertiesOf, recordedMessages, type RecordedMessage } from '../support/celery-recordings.js';

const accept = { accept: ['json'] };

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

function checkBody(recorded: RecordedMessage): void {
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

function checkRepr(recorded: RecordedMessage): void {
  const body = decodeBody(bytesOf(recorded), propertiesOf(recorded), accept);
  assert.equal(kwargsRepr(body.kwargs), recorded.headers['kwargsrepr']);
  assert.equal(argsRepr(body.args), recorded.headers['argsrepr']);
}

for (const version of ['5.6', '5.2'] as const) {
  for (const { name, messages } of recordedMessages(version)) {
    if (name.startsWith('protocol1')) continue;
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
