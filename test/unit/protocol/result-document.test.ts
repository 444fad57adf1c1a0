import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProtocolError } from '../../../core/kernel/errors.js';
import { decodeResultDocument, encodeResultDocument } from '../../../core/protocol/result-document.js';

const parts = {
  taskId: 'id-1',
  status: 'SUCCESS',
  resultJson: '5',
  traceback: null,
  children: [],
  dateDoneEpochMs: Date.UTC(2026, 10, 22, 16, 7, 45, 804),
  groupId: null,
  parentId: null,
};

test('a document has the keys of Python in its order', () => {
  assert.equal(
    Buffer.from(encodeResultDocument(parts)).toString(),
    '{"status":"SUCCESS","result":5,"traceback":null,"children":[],"date_done":"2026-11-22T16:07:45.804000+00:00","task_id":"id-1"}',
  );
});

test('what is written is read', () => {
  const bytes = encodeResultDocument({
    ...parts,
    taskId: 'é"\n',
    status: 'PROGRESS',
    resultJson: '{"done":12345678901234567890}',
    traceback: 'Error: "x"\n    at f',
    children: [
      'a',
      [
        ['g', null],
        [
          [['b', null], null],
          [['c', [['a', null], null]], null],
        ],
      ],
    ],
    dateDoneEpochMs: null,
    groupId: 'g',
    parentId: 'p',
  });
  const read = decodeResultDocument(bytes);
  const expected = {
    taskId: 'é"\n',
    status: 'PROGRESS',
    result: { done: 12345678901234567890n },
    traceback: 'Error: "x"\n    at f',
    children: [
      [['a', null], null],
      [
        ['g', null],
        [
          [['b', null], null],
          [['c', [['a', null], null]], null],
        ],
      ],
    ],
    dateDoneEpochMs: null,
    groupId: 'g',
    parentId: 'p',
    name: null,
    args: null,
    kwargs: null,
    worker: null,
    retries: null,
    queue: null,
  };
  for (const [name, value] of Object.entries(expected)) {
    assert.deepStrictEqual(read[name as keyof typeof read], value, name);
  }
});

test('documents of other programs are read, whatever they lack', () => {
  const document = decodeResultDocument(
    Buffer.from('{"status":"SUCCESS","children":["x",["y"],[["z",null],null],5],"date_done":5}'),
  );
  assert.deepStrictEqual(
    [document.result, document.children, document.dateDoneEpochMs, document.taskId],
    [
      null,
      [
        [['x', null], null],
        [['y', null], null],
        [['z', null], null],
      ],
      null,
      null,
    ],
  );
});

test('bytes that are no document are a ProtocolError', () => {
  for (const text of ['', '[]', '5', 'null', '{}', '{"status":1}', '{"status":"SUCCESS"']) {
    assert.throws(() => decodeResultDocument(Buffer.from(text)), ProtocolError, text);
  }
});
