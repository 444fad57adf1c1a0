/** Result documents recorded from Celery 5.6 (test/fixtures/celery/README.md), read and written again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  NotRegistered,
  RemoteTaskError,
  SoftTimeLimitExceeded,
  TaskRevoked,
  TimeLimitExceeded,
} from '../../core/kernel/errors.js';
import { EXCEPTION_STATES } from '../../core/kernel/states.js';
import { decodeException, ErrorPrototypes, errorOfDocument } from '../../core/protocol/exception.js';
import { encodeException } from '../../core/protocol/exception-encode.js';
import { encodeJson } from '../../core/protocol/json-encode.js';
import { decodeResultDocument, formatResultDocument } from '../../core/protocol/result-document.js';
import type { ResultTuple } from '../../core/protocol/result-tuple.js';
import { recordedFile } from '../support/celery-recordings.js';

interface Vector {
  readonly name: string;
  readonly writes: readonly { readonly key: string; readonly value: string }[];
}

/** Every document that a recorded run has stored. */
function documentsOf(file: string): readonly { readonly name: string; readonly value: string }[] {
  const { vectors } = recordedFile(file) as { readonly vectors: readonly Vector[] };
  return vectors.flatMap(({ name, writes }) =>
    writes.filter(({ key }) => key.startsWith('celery-task-meta-')).map(({ value }) => ({ name, value })),
  );
}

const documents = documentsOf('results_redis_5.6');
const others = [...documentsOf('results_redis_5.2'), ...documentsOf('results_redis_extended_5.6')];
const noClasses = new ErrorPrototypes();

function lastOf(name: string): string {
  const found = documents.filter((document) => document.name === name).at(-1);
  assert.ok(found, `there is no recording "${name}"`);
  return found.value;
}

test('every recorded document is read, and written again key for key', () => {
  assert.ok(documents.length > 30);
  for (const { name, value } of documents) {
    const python = JSON.parse(value) as Record<string, unknown>;
    // Stamps and what result_extended adds come with the features that write them.
    if (Object.keys(python).some((key) => key.startsWith('stamp') || key === 'tenant')) continue;
    const document = decodeResultDocument(value);
    const again = JSON.parse(
      formatResultDocument({
        taskId: document.taskId ?? '',
        status: document.status,
        resultJson: encodeJson(document.result),
        traceback: document.traceback,
        children: python['children'] as readonly ResultTuple[] | null,
        dateDoneEpochMs: document.dateDoneEpochMs,
        groupId: document.groupId,
        parentId: document.parentId,
      }),
    ) as Record<string, unknown>;
    // We know milliseconds, Python microseconds.
    const withMs = (text: unknown): unknown =>
      typeof text === 'string' ? text.replace(/(\.\d{3})\d{3}/, '$1000') : text;
    assert.deepStrictEqual({ ...again }, { ...python, date_done: withMs(python['date_done']) }, name);
  }
});

test('recorded failures come back as our own errors or as RemoteTaskError', () => {
  const failures = documents
    .map(({ value }) => decodeResultDocument(value))
    .filter(({ status }) => EXCEPTION_STATES.has(status));
  const byType = new Map(
    failures.map((document) => [decodeException(document.result, null).type, errorOfDocument(document, noClasses)]),
  );
  const expected = {
    NotRegistered,
    TimeLimitExceeded,
    SoftTimeLimitExceeded,
    TaskRevokedError: TaskRevoked,
    ValueError: RemoteTaskError,
    MyErr: RemoteTaskError,
  };
  for (const [type, errorClass] of Object.entries(expected)) assert.ok(byType.get(type) instanceof errorClass, type);
});

test('an exception of Python keeps type, module, message and traceback, also when it is passed on', () => {
  const error = errorOfDocument(decodeResultDocument(lastOf('failure_valueerror')), noClasses);
  assert.ok(error instanceof RemoteTaskError);
  assert.deepStrictEqual([error.type, error.module, error.message], ['ValueError', 'builtins', "('boom', 42)"]);
  assert.match(error.remoteStack ?? '', /^Traceback \(most recent call last\)/);
  const again = encodeException(error);
  assert.equal(again.exception.exc_type, 'ValueError');
  assert.equal(again.traceback, error.remoteStack);
});

test('documents of 5.2 and of result_extended are read, and what says more of the call is there', () => {
  assert.ok(others.length > 30);
  for (const { name, value } of others) {
    const python = JSON.parse(value) as Record<string, unknown>;
    const document = decodeResultDocument(value);
    assert.deepStrictEqual([document.taskId, document.status], [python['task_id'], python['status']], name);
    assert.equal(document.dateDoneEpochMs === null, (python['date_done'] ?? null) === null, name);
    assert.deepStrictEqual([document.name, document.args], [python['name'] ?? null, python['args'] ?? null], name);
    assert.deepStrictEqual(
      [document.worker, document.queue],
      [python['worker'] ?? null, python['queue'] ?? null],
      name,
    );
    assert.equal(document.retries, python['retries'] ?? null, name);
  }
});

test('every exception that Celery stored is passed on with class, module and arguments', () => {
  let count = 0;
  for (const { name, value } of [...documents, ...others]) {
    const { status, result, traceback } = decodeResultDocument(value);
    if (!EXCEPTION_STATES.has(status) || result === null) continue;
    count++;
    const again = encodeException(errorOfDocument({ result, traceback }, noClasses));
    const { exc_type: type, exc_module: module, exc_message: args } = result as Record<string, unknown>;
    assert.deepStrictEqual([again.exception.exc_type, again.exception.exc_module], [type, module], name);
    assert.equal(again.traceback === null, false, name);
    if (traceback !== null) assert.equal(again.traceback, traceback, name);
    assert.deepStrictEqual(again.exception.exc_message, args, name);
  }
  assert.ok(count > 12);
});
