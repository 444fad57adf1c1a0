import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFilePerNode, nodeFile, nodeName } from '../../../core/worker/node-name.js';

const host = 'box.a.b';

test('APP-39 the nodes of one command have names of their own, with or without a place for the number', () => {
  const templates = ['celery@%h', 'w%i@%n', '%n', 'w%I@%h', 'w@%i.%d', 'w%%i@x', '@'];
  assert.deepStrictEqual(
    templates.map((template) => nodeName(template, host, 2)),
    ['celery-2@box.a.b', 'w2@box', 'celery-2@box', 'w-2@box.a.b', 'w@2.a.b', 'w%i-2@x', 'celery-2@box.a.b'],
  );
});

test('APP-39 where there is one node the number is 0, and nothing with its dash', () => {
  assert.deepStrictEqual(
    ['w%i@x', 'w%I@x', 'celery@%h'].map((template) => nodeName(template, host)),
    ['w0@x', 'w@x', 'celery@box.a.b'],
  );
});

test('APP-39 files of a node carry its name and number', () => {
  assert.equal(nodeFile('/l/%n%I-%i-%p.log', 'w-2@box', 2), '/l/w-2-2-2-w-2@box.log');
  assert.deepStrictEqual(
    ['a.log', '%h.log', '%%i.log', '%n.log', '%p.log', '%i.log', 'x%I.log'].map((template) => isFilePerNode(template)),
    [false, false, false, true, true, true, true],
  );
});
