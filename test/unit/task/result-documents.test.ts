import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failureDocument, retryDocument } from '../../../core/task/result-documents.js';
import { Reject } from '../../../core/task/control-flow.js';

const subject = { id: 'one', groupId: null, parentId: null };
const end = { children: ['two'], nowEpochMs: 0 };

test('a rejection is stored as the class that Celery has for it', () => {
  const { status, result } = JSON.parse(failureDocument(new Reject('not mine'), subject, end)) as Record<
    string,
    unknown
  >;
  assert.equal(status, 'FAILURE');
  const expected = { exc_type: 'Reject', exc_message: ['not mine', false], exc_module: 'celery.exceptions' };
  assert.deepStrictEqual(result, expected);
});

test('a retry is a child of its own task, and has no result without a cause', () => {
  const document = JSON.parse(retryDocument(undefined, subject, end)) as Record<string, unknown>;
  assert.deepStrictEqual(document['children'], [
    [['two', null], null],
    [['one', null], null],
  ]);
  assert.equal(document['result'], null);
});
