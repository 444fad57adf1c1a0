import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Broadcast, declarationsOf, Exchange, Queue } from '../../../core/app/queue.js';
import { QueueTable, workerDirect } from '../../../core/app/queue-table.js';
import { ConfigError, QueueNotFound } from '../../../core/kernel/errors.js';
import type { SettingsInput } from '../../../core/settings/table.js';
import { settingsOf } from '../../support/task-plan.js';

function tableOf(input: SettingsInput = {}): QueueTable {
  return new QueueTable(settingsOf(input));
}

function namesOf(table: QueueTable): readonly string[] {
  return table.consumed.map(({ queue }) => queue.name);
}

test('without taskQueues there is the default queue, plain and unbound', () => {
  const table = tableOf({ taskDefaultQueue: 'main' });
  assert.deepStrictEqual(namesOf(table), ['main']);
  const { exchanges, queues } = table.declarationsFor('', 'main');
  assert.deepStrictEqual([exchanges, queues[0]?.name, queues[0]?.bindings], [[], 'main', undefined]);
});

test('a list or a table of queues, in either spelling', () => {
  const list = tableOf({ taskQueues: [new Queue('a'), 'b', { name: 'c', routing_key: 'k' }] });
  assert.deepStrictEqual([namesOf(list), list.get('c').routingKey], [['a', 'b', 'c'], 'k']);
  const table = tableOf({
    taskQueues: { images: { exchange: 'media', exchange_type: 'topic', routing_key: 'img.#' } },
  });
  const { exchange, routingKey } = table.get('images');
  assert.deepStrictEqual([exchange.name, exchange.type, routingKey], ['media', 'topic', 'img.#']);
  for (const wrong of [7, [7], [{}]]) assert.throws(() => tableOf({ taskQueues: wrong }), ConfigError);
});

test('a queue of its own exchange is declared with it and bound', () => {
  const table = tableOf({ taskQueues: [new Queue('q', { exchange: new Exchange('x', 'topic'), routingKey: 'a.*' })] });
  const { exchanges, queues } = table.declarationsFor('x', 'a.b');
  assert.deepStrictEqual(exchanges, [{ name: 'x', type: 'topic', durable: true, autoDelete: false }]);
  assert.deepStrictEqual(queues[0]?.bindings, [{ exchange: 'x', routingKey: 'a.*' }]);
});

test('a missing queue is made, or refused with what there is', () => {
  assert.equal(tableOf().get('new').queue.name, 'new');
  const strict = tableOf({ taskCreateMissingQueues: false, taskQueues: ['images'] });
  assert.throws(
    () => strict.get('image'),
    (error) => error instanceof QueueNotFound && error.message.includes('did you mean "images"'),
  );
});

test('what is selected is consumed, what is deselected is not', () => {
  const table = tableOf({ taskQueues: ['a', 'b'] });
  table.deselect(['a']);
  assert.deepStrictEqual(namesOf(table), ['b']);
  table.select(['a', 'c']);
  assert.deepStrictEqual(namesOf(table), ['a', 'c']);
});

test('arguments in AMQP names and settings become properties of the queue', () => {
  const args = { 'x-dead-letter-exchange': 'dlx', 'x-dead-letter-routing-key': 'k', 'x-message-ttl': 5_000 };
  const table = tableOf({
    taskQueueMaxPriority: 9,
    taskQueues: [new Queue('q', { queueArguments: args, expires: 2 })],
  });
  const [declared] = declarationsOf(table.get('q')).queues;
  assert.deepStrictEqual(
    [declared?.deadLetter, declared?.messageTtlMs, declared?.expiresMs, declared?.maxPriority],
    [{ exchange: 'dlx', routingKey: 'k' }, 5_000, 2_000, 9],
  );
});

test('a broadcast is known by its name, and each consumer has its own queue', () => {
  const [one, two] = [new Broadcast('news'), new Broadcast('news')];
  assert.deepStrictEqual([one.alias, one.exchange?.type, one.options.autoDelete], ['news', 'fanout', true]);
  assert.notEqual(one.name, two.name);
  const table = tableOf({ taskQueues: [one] });
  const { exchanges, queues } = table.declarationsFor('news', '');
  assert.deepStrictEqual([exchanges[0]?.name, queues], ['news', []]);
});

test('BUG-17 the queue of one worker ends in .dq2', () => {
  const { name, exchange, routingKey } = workerDirect('celery@host');
  assert.deepStrictEqual([name, exchange?.name, routingKey], ['celery@host.dq2', 'C.dq2', 'celery@host']);
});
