import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { redriveOf, redrivesOf, REDRIVES_HEADER } from '../../../cli/dead-redrive.js';
import { DEATH_HEADER } from '../../../core/worker/dead-letter.js';

const certificate = { queue: 'images', exchange: 'x', routing_key: 'key', reason: 'rejected' };

describe('a dead letter that is sent back', () => {
  it('goes to the queue it came from, without the certificate and counted', () => {
    const headers = { id: 'a', task: 'shop.add', [DEATH_HEADER]: certificate };
    const { headers: sent, ...address } = redriveOf({ queue: 'images.dead', headers }, null);
    assert.deepEqual(address, { queue: 'images', exchange: 'x', routingKey: 'key' });
    assert.deepEqual(sent.table, { id: 'a', task: 'shop.add', [REDRIVES_HEADER]: 1 });
    assert.equal(redrivesOf(redriveOf({ queue: 'images.dead', headers: sent.table }, null).headers.table), 2);
  });

  it('goes elsewhere when it is told to', () => {
    const headers = { [DEATH_HEADER]: certificate };
    const { queue, exchange, routingKey } = redriveOf({ queue: 'images.dead', headers }, 'retry');
    assert.deepEqual([queue, exchange, routingKey], ['retry', '', 'retry']);
  });

  it('without a certificate the name of its queue says where it came from', () => {
    for (const death of [null, 5, [], { queue: 7, exchange: {} }]) {
      const { queue, exchange, routingKey } = redriveOf(
        { queue: 'celery.dead', headers: { [DEATH_HEADER]: death } },
        null,
      );
      assert.deepEqual([queue, exchange, routingKey], ['celery', '', 'celery']);
    }
  });

  it('headers that nobody could read go back as they came', () => {
    const headers = { 'celeriac-headers': '{"id":', [DEATH_HEADER]: certificate };
    assert.equal(redriveOf({ queue: 'images.dead', headers }, null).headers.json, '{"id":');
  });

  it('a count that makes no sense begins again', () => {
    for (const count of [-1, 1.5, '3', null, 1e300]) assert.equal(redrivesOf({ [REDRIVES_HEADER]: count }), 0);
  });
});
