import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readDeadMessage } from '../../../cli/dead-message.js';
import { HeaderBlock } from '../../../core/kernel/header-block.js';
import type { BrowsedMessage } from '../../../core/ports/transport.js';
import { DEATH_HEADER } from '../../../core/worker/dead-letter.js';

function letter(headers: HeaderBlock, body: Uint8Array = Buffer.from('[]')): BrowsedMessage {
  const properties = {
    correlationId: 'from-properties',
    replyTo: null,
    contentType: 'application/json',
    contentEncoding: 'utf-8',
    deliveryMode: 2,
    priority: null,
    expirationMs: null,
  } as const;
  return { handle: null, state: 'ready', headers, properties, body, deliveryCount: 0, publishedEpochMs: null };
}

describe('a dead letter as it is shown', () => {
  it('has the certificate and the names of the message', () => {
    const certificate = { reason: 'rejected', error: 'no', attempts: 2, time: '2030-01-01T00:00:00Z' };
    const headers = HeaderBlock.fromTable({ id: 'a', task: 'shop.add', [DEATH_HEADER]: certificate });
    const { headers: _headers, ...message } = readDeadMessage(letter(headers), 'celery.dead', 3);
    assert.deepEqual(message, {
      ...{ number: 3, queue: 'celery.dead', id: 'a', task: 'shop.add' },
      ...certificate,
      ...{ contentType: 'application/json', body: '[]' },
    });
  });

  it('fields of the wrong type read as absent', () => {
    const headers = HeaderBlock.fromTable({ id: 7, task: null, [DEATH_HEADER]: ['no', 'table'] });
    const message = readDeadMessage(letter(headers), 'q.dead', 1);
    assert.equal(message.id, 'from-properties');
    assert.deepEqual([message.task, message.reason, message.attempts], [null, null, null]);
  });

  it('headers that are no JSON are shown as they came, a body that is no text in base64', () => {
    const message = readDeadMessage(letter(HeaderBlock.fromJson('{oops'), Buffer.from([0xff, 0xfe])), 'q.dead', 1);
    assert.deepEqual(message.headers, { 'celeriac-headers': '{oops' });
    assert.equal(message.body, '//4=');
  });
});
