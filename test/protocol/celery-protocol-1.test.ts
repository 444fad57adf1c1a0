/** Messages of protocol 1 recorded from Celery 5.6 and 5.2, both directions (WIRE-07). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HeaderBlock } from '../../core/kernel/header-block.js';
import { decodeBody } from '../../core/protocol/body.js';
import { encodeMessageV1, upgradeMessageV1 } from '../../core/protocol/message-v1.js';
import { decodeTaskHeaders } from '../../core/protocol/task-message.js';
import { asPythonWrites, bytesOf, headersOf, propertiesOf, recordedMessages } from '../support/celery-recordings.js';

const accept = { accept: ['json'] };

for (const version of ['5.6', '5.2'] as const) {
  const recordings = recordedMessages(version).filter(({ name }) => name.startsWith('protocol1'));
  test(`Celery ${version}: all three kinds of protocol 1 were recorded`, () => {
    assert.equal(recordings.length, 3);
  });
  for (const { name, messages } of recordings) {
    test(`Celery ${version} ${name}: it is read as protocol 2, and written again byte for byte`, () => {
      for (const recorded of messages) {
        const properties = propertiesOf(recorded);
        const parts = { headers: headersOf(recorded), properties, body: bytesOf(recorded) };
        assert.throws(() => decodeTaskHeaders(parts.headers, properties), { reason: 'unknown-message' });
        const upgraded = upgradeMessageV1(parts, accept);
        assert.ok(upgraded !== null);
        const message = decodeTaskHeaders(HeaderBlock.fromTable(upgraded.headers), properties);
        assert.equal(message.id, properties.correlationId);
        const body = decodeBody(upgraded.body, upgraded, accept);
        const python = JSON.parse(recorded.body.text ?? '') as Record<string, unknown>;
        assert.deepStrictEqual([body.args, body.kwargs], [python['args'], python['kwargs']]);
        const fields = Object.assign({}, message, {
          // Every digit that it had.
          etaText: python['eta'] as string | null,
          expiresText: python['expires'] as string | null,
        });
        const again = encodeMessageV1(fields, body, { serializer: 'json', compression: null });
        assert.equal(asPythonWrites(Buffer.from(again.body).toString()), recorded.body.text);
      }
    });
  }
}
