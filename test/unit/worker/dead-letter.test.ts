import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deadLetter, DEATH_HEADER } from '../../../core/worker/dead-letter.js';
import { taskDelivery } from '../../support/task-delivery.js';

const death = { reason: 'rejected', error: 'why', nowEpochMs: 0 } as const;

test('a dead letter keeps its headers and says where it comes from and why it is here', () => {
  const disposal = deadLetter(taskDelivery({ headers: { 'x-mine': 1 }, deliveryCount: 2 }), death);
  assert.equal(disposal.kind, 'dead-letter');
  if (disposal.kind !== 'dead-letter') return;
  assert.equal(disposal.queue, 'celery.dead');
  assert.equal(disposal.headers.table['x-mine'], 1);
  assert.deepStrictEqual(disposal.headers.table[DEATH_HEADER], {
    queue: 'celery',
    exchange: '',
    routing_key: 'celery',
    reason: 'rejected',
    error: 'why',
    attempts: 3,
    time: '1970-01-01T00:00:00+00:00',
  });
});

test('headers that cannot be read travel as their text', () => {
  const disposal = deadLetter(taskDelivery({ headersJson: '{broken' }), death);
  assert.equal(disposal.kind === 'dead-letter' && disposal.headers.table['celeriac-headers'], '{broken');
});
