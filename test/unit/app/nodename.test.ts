import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expandFileName, expandNodename, nodename, nodesplit } from '../../../core/app/nodename.js';

test('a worker is named celery at its host, by its name alone, or as it is written', () => {
  assert.equal(nodename(null, 'h.example'), 'celery@h.example');
  assert.equal(expandNodename('w1', 'h.example'), 'w1@h.example');
  assert.equal(expandNodename('w1@%n-%d%%', 'h.example'), 'w1@h-example%');
  assert.equal(expandNodename('w1@%h', 'h.example'), 'w1@h.example');
  assert.deepStrictEqual(nodesplit('w1@h'), ['w1', 'h']);
});

test('file names know the node and the member', () => {
  assert.equal(expandFileName('/log/%n%I.log', 'w1@h.example', 0), '/log/w1.log');
  assert.equal(expandFileName('/log/%n%I-%i.log', 'w1@h.example', 2), '/log/w1-2-2.log');
  assert.equal(expandFileName('%p|%h|%d', 'w1@h.example'), 'w1@h.example|h.example|example');
});
