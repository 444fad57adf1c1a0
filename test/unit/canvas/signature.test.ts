import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linkData, Signature } from '../../../core/canvas/signature.js';
import { ConfigError, ProtocolError } from '../../../core/kernel/errors.js';

test('the data is that of Celery, key for key and in its order', () => {
  const signature = new Signature('proj.add', { args: [10] });
  assert.equal(
    JSON.stringify(signature),
    '{"task":"proj.add","args":[10],"kwargs":{},"options":{},"subtask_type":null,"immutable":false}',
  );
});

test('options travel under their wire names, null ones not at all, links as data', () => {
  const errback = new Signature('proj.err');
  const signature = new Signature('proj.add', { options: { taskId: 'a', routingKey: null, priority: 4 } });
  const { options } = signature.linkError(errback).toJSON();
  assert.deepStrictEqual(JSON.parse(JSON.stringify(options)), {
    task_id: 'a',
    priority: 4,
    link_error: [JSON.parse(JSON.stringify(errback))],
  });
});

test('MIS-23 arguments of a call stand first and keywords replace; an immutable one takes options only', () => {
  const partial = new Signature('t', { args: [3], kwargs: { a: 1, b: 1 }, options: { queue: 'x', groupId: 'g' } });
  const given = { args: [1, 2], kwargs: { b: 2 }, options: { queue: 'y', groupId: 'h' } };
  const merged = partial.merged(given);
  assert.deepStrictEqual([merged.args, merged.kwargs], [[1, 2, 3], { a: 1, b: 2 }]);
  assert.deepStrictEqual(merged.options, { queue: 'y', groupId: 'g' });
  const immutable = new Signature('t', { args: [3], immutable: true }).merged(given);
  assert.deepStrictEqual([immutable.args, immutable.kwargs, immutable.options['queue']], [[3], {}, 'y']);
});

test('what was read is what was written', () => {
  const data = new Signature('t', { args: [1], options: { softTimeLimit: 3, stampedHeaders: ['s'], s: 'v' } }).toJSON();
  assert.deepStrictEqual(Signature.fromData(data).toJSON(), data);
  for (const wrong of [{}, { task: '' }, { task: 't', args: 7 }, { task: 't', options: [] }]) {
    assert.throws(() => Signature.fromData(wrong), ProtocolError);
  }
});

test('links of links are bounded, and what is no signature is refused', () => {
  let deep = new Signature('t');
  for (let level = 0; level < 5; level++) deep = new Signature('t', { options: { link: deep } });
  assert.equal(linkData(deep, 6)?.length, 1);
  assert.throws(() => linkData(deep, 5), ConfigError);
  assert.throws(() => linkData('t', 5), ProtocolError);
  assert.equal(linkData(undefined, 5), null);
});

test('a signature of no app says so when it is sent', async () => {
  await assert.rejects(new Signature('t').delay(), /belongs to no app/);
});
