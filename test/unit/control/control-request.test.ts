import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeControlReply, encodeControlReply } from '../../../core/control/control-reply.js';
import { decodeControlRequest, encodeControlRequest } from '../../../core/control/control-request.js';
import { ContentDisallowed, ProtocolError } from '../../../core/kernel/errors.js';
import { HeaderBlock } from '../../../core/kernel/header-block.js';
import type { Delivery, DeliveryTag, OutgoingMessage } from '../../../core/ports/transport.js';

const decoding = { accept: ['json'] };

function delivered({ exchange, routingKey, headers, properties, body }: OutgoingMessage): Delivery {
  return {
    tag: 1 as DeliveryTag,
    queue: 'w1@test.celery.pidbox',
    exchange,
    routingKey,
    headers,
    properties,
    body,
    redelivered: false,
    deliveryCount: 0,
  };
}

/** As kombu 5.6 published it. */
const captured =
  '{"method": "ping", "arguments": {}, "destination": null, "pattern": null, "matcher": null, "ticket": ' +
  '"73886374-0600-486e-a4f3-9616f7e91f0d", "reply_to": {"exchange": "reply.celery.pidbox", "routing_key": ' +
  '"1f9e8877-f278-3ba6-a638-35c4da52d0b5"}}';

const ping = {
  method: 'ping',
  arguments: {},
  destination: null,
  pattern: null,
  matcher: null,
  replyTo: {
    exchange: 'reply.celery.pidbox',
    routingKey: '1f9e8877-f278-3ba6-a638-35c4da52d0b5',
    ticket: '73886374-0600-486e-a4f3-9616f7e91f0d',
  },
};

function withBody(text: string, contentType = 'application/json'): Delivery {
  const message = encodeControlRequest(ping, 'celery.pidbox', { clock: 5, expiresEpochMs: 0 });
  return delivered({
    ...message,
    body: Buffer.from(text),
    properties: { ...message.properties, contentType },
  });
}

test("Celery's request is read, and ours says the same", () => {
  assert.deepEqual(decodeControlRequest(withBody(captured), decoding), ping);
  const message = encodeControlRequest(ping, 'celery.pidbox', { clock: 5, expiresEpochMs: 1_795_363_873_793 });
  assert.deepEqual(JSON.parse(Buffer.from(message.body).toString()), JSON.parse(captured));
  assert.deepEqual(message.headers.table, { clock: 5, expires: 1_795_363_873.793 });
  assert.equal(message.properties.deliveryMode, 2);
  assert.equal(message.mandatory, false, 'nobody may listen');
});

test('a request without wish for a reply has neither ticket nor address', () => {
  const message = encodeControlRequest({ ...ping, replyTo: null }, 'celery.pidbox', { clock: 1, expiresEpochMs: 0 });
  assert.deepEqual(Object.keys(JSON.parse(Buffer.from(message.body).toString()) as object), [
    'method',
    'arguments',
    'destination',
    'pattern',
    'matcher',
  ]);
  assert.equal(decodeControlRequest(delivered(message), decoding).replyTo, null);
});

test('what is no request is refused with the reason', () => {
  const hostile: readonly (readonly [string, RegExp])[] = [
    ['[]', /not a mapping/],
    ['{}', /no method/],
    ['{"method": ""}', /no method/],
    ['{"method": "ping", "arguments": []}', /no mapping/],
    ['{"method": "ping", "destination": "w1"}', /no list of names/],
    ['{"method": "ping", "pattern": 1}', /no text/],
    ['{"method": "ping", "matcher": "eval"}', /unknown matcher/],
    ['{"method": "ping", "reply_to": {}}', /does not say where/],
    ['{"method": "ping", "reply_to": {"exchange": "e", "routing_key": "k"}}', /does not say where/],
    ['{"__proto__": {"method": "shutdown"}}', /no method/],
  ];
  for (const [text, reason] of hostile) {
    assert.throws(() => decodeControlRequest(withBody(text), decoding), {
      constructor: ProtocolError,
      message: reason,
    });
  }
  assert.throws(
    () => decodeControlRequest(withBody('x', 'application/x-python-serialize'), decoding),
    ContentDisallowed,
  );
});

test('a reply carries one node, its value and the ticket', () => {
  const message = encodeControlReply({ nodename: 'w1@test', value: { ok: 'pong' }, clock: 9 }, ping.replyTo);
  assert.equal(Buffer.from(message.body).toString().replaceAll(' ', ''), '{"w1@test":{"ok":"pong"}}');
  assert.deepEqual(message.headers.table, { ticket: ping.replyTo.ticket, clock: 9 });
  assert.deepEqual(decodeControlReply(delivered(message), decoding), {
    ticket: ping.replyTo.ticket,
    nodename: 'w1@test',
    value: { ok: 'pong' },
    clock: 9,
  });
});

test('what is no reply is refused', () => {
  const message = encodeControlReply({ nodename: 'w1@test', value: null, clock: 9 }, ping.replyTo);
  const without = { ...message, headers: HeaderBlock.fromTable({}) };
  assert.throws(() => decodeControlReply(delivered(without), decoding), ProtocolError);
  for (const text of ['{}', '[]', '{"a": 1, "b": 2}', '"x"']) {
    assert.throws(
      () => decodeControlReply(delivered({ ...message, body: Buffer.from(text) }), decoding),
      ProtocolError,
    );
  }
});
