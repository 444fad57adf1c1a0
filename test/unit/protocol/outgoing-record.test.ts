import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ProtocolError } from '../../../core/kernel/errors.js';
import { HeaderBlock } from '../../../core/kernel/header-block.js';
import type { OutgoingMessage } from '../../../core/ports/transport.js';
import { decodeOutgoing, encodeOutgoing } from '../../../core/protocol/outgoing-record.js';

const text = fc.string({ unit: 'grapheme' });
const anyMessage: fc.Arbitrary<OutgoingMessage> = fc.record({
  exchange: text,
  routingKey: text,
  headers: fc.dictionary(text, fc.oneof(text, fc.integer())).map((table) => HeaderBlock.fromTable(table)),
  properties: fc.record({
    correlationId: fc.option(text),
    replyTo: fc.option(text),
    contentType: text,
    contentEncoding: text,
    deliveryMode: fc.constantFrom(1, 2),
    priority: fc.option(fc.integer({ min: 0, max: 255 })),
    expirationMs: fc.option(fc.nat()),
  }),
  body: fc.uint8Array(),
  notBeforeEpochMs: fc.option(fc.double({ noNaN: true, min: 0, max: 1e13 })),
});

test('a message that is written as a record is read as itself', () => {
  fc.assert(
    fc.property(anyMessage, (message) => {
      const record = encodeOutgoing(message);
      const back = decodeOutgoing(record);
      assert.deepStrictEqual(back.properties, { ...message.properties });
      assert.deepStrictEqual(
        [back.exchange, back.routingKey, back.notBeforeEpochMs],
        [message.exchange, message.routingKey, message.notBeforeEpochMs],
      );
      assert.equal(back.headers.json, message.headers.json);
      assert.deepStrictEqual([...back.body], [...message.body]);
      assert.equal(back.body.buffer, record.buffer, 'the body is a view');
    }),
  );
});

test('bytes that are no record are a ProtocolError', () => {
  fc.assert(
    fc.property(anyMessage, fc.nat({ max: 60 }), (message, length) => {
      const record = encodeOutgoing({ ...message, routingKey: 'x'.repeat(60) });
      assert.throws(() => decodeOutgoing(record.subarray(0, length)), ProtocolError);
      const lying = Uint8Array.from(record);
      lying.fill(0xff, 20, 48);
      assert.throws(() => decodeOutgoing(lying), ProtocolError);
    }),
  );
  assert.throws(() => decodeOutgoing(new Uint8Array(100)), ProtocolError);
});
