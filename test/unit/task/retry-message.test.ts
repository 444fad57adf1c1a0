import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeBody, EMPTY_EMBED } from '../../../core/protocol/body.js';
import { ORDERING_KEY_HEADER } from '../../../core/protocol/task-headers.js';
import type { RetryMessageOptions } from '../../../core/task/control-flow.js';
import { buildRetryMessage } from '../../../core/task/retry-message.js';
import { taskDelivery } from '../../support/task-delivery.js';

function retry(options: RetryMessageOptions, headers: Readonly<Record<string, string | null>> = {}) {
  const delivery = taskDelivery({ headers: { tenant: 'a', 'x-death': 'gone', ...headers } });
  return buildRetryMessage({
    headers: delivery.headers.table,
    info: { ...delivery, exchange: '', routingKey: 'images' },
    body: delivery.body,
    content: { args: [2, 3], kwargs: {}, embed: EMPTY_EMBED },
    retries: 4,
    etaEpochMs: null,
    expiresEpochMs: null,
    nowEpochMs: 1_000,
    options,
    wayTo: ({ queue, routingKey }) => ({ exchange: `to ${queue}`, routingKey: routingKey ?? 'slow.default' }),
    format: { serializer: 'json', compression: null },
  });
}

test('nothing changes but retries and eta, and the bytes of the body are those that came', () => {
  const { headers, body, routingKey } = retry({});
  assert.deepStrictEqual([routingKey, headers.table['retries'], headers.table['tenant']], ['images', 4, 'a']);
  assert.equal('x-death' in headers.table, false);
  assert.equal(Buffer.from(body).toString(), '[[2,3],{},null]');
});

test('a retry keeps the ordering key of its task', () => {
  assert.equal(retry({}, { [ORDERING_KEY_HEADER]: 'account 7' }).headers.table[ORDERING_KEY_HEADER], 'account 7');
});

test('RETRY-01 arguments and options of the next run may be others', () => {
  const message = retry({
    args: [9],
    kwargs: { by: 1 },
    queue: 'slow',
    priority: 7,
    headers: { tenant: 'b', retries: 0 },
    shadow: 'other',
    timeLimit: 5,
    expires: 60,
  });
  const { headers, properties } = message;
  const { table } = headers;
  const body = decodeBody(message.body, properties, { accept: ['json'] });
  assert.deepStrictEqual(
    [body.args, body.kwargs, table['argsrepr'], table['kwargsrepr']],
    [[9], { by: 1 }, '(9,)', "{'by': 1}"],
  );
  assert.deepStrictEqual([message.exchange, message.routingKey, properties.priority], ['to slow', 'slow.default', 7]);
  assert.deepStrictEqual([table['tenant'], table['retries'], table['shadow']], ['b', 4, 'other']);
  assert.deepStrictEqual([table['timelimit'], properties.expirationMs], [[5, null], 60_000]);
});

test('a body that is written anew has its own format and no header of the old one', () => {
  const plain = retry({ args: [1] }, { compression: 'application/x-gzip' });
  assert.equal('compression' in plain.headers.table, false);
  const packed = retry({ compression: 'gzip', serializer: 'msgpack' });
  assert.equal(packed.properties.contentType, 'application/x-msgpack');
  const content = { ...packed.properties, compression: packed.headers.table['compression'] as string };
  assert.deepStrictEqual(decodeBody(packed.body, content, { accept: ['msgpack'] }).args, [2, 3]);
});
