import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AsyncResult } from '../../../core/app/async-result.js';
import { ConfigError, RemoteTaskError, TaskRevoked } from '../../../core/kernel/errors.js';
import type { StoredResult } from '../../../core/ports/backend.js';
import { ErrorPrototypes } from '../../../core/protocol/exception.js';
import type { Outlet } from '../../../core/task/outlet.js';
import {
  failureDocument,
  revokedDocument,
  stateDocument,
  successDocument,
} from '../../../core/task/result-documents.js';

class PaymentRefused extends Error {
  readonly amount = 7;
}

const subject = { id: 'id', groupId: null, parentId: null };
const end = { children: ['child'], nowEpochMs: 0 };

function resultOf(state: string, document: string | null, isIgnored = false) {
  const stored: StoredResult | null =
    document === null ? null : { taskId: 'id', state, document: Buffer.from(document) };
  const forgotten: string[] = [];
  const outlet: Outlet = {
    publish: () => Promise.resolve(),
    fetchResult: () => Promise.resolve(stored),
    awaitResult: () => (stored === null ? Promise.reject(new Error('none')) : Promise.resolve(stored)),
    storeResult: () => Promise.resolve(),
    forgetResults: (ids) => {
      forgotten.push(...ids);
      return Promise.resolve();
    },
  };
  const errors = new ErrorPrototypes();
  errors.add(PaymentRefused);
  return { result: new AsyncResult<unknown>('id', { outlet, errors }, isIgnored), forgotten };
}

test('get() resolves with the value', async () => {
  const { result } = resultOf('SUCCESS', successDocument({ a: [1] }, subject, end));
  assert.deepStrictEqual(await result.get(), { a: [1] });
  assert.deepStrictEqual(
    [await result.isReady(), await result.isSuccessful(), await result.hasFailed()],
    [true, true, false],
  );
  assert.deepStrictEqual(
    (await result.children()).map(({ id }) => id),
    ['child'],
  );
});

test('get() throws an error of a registered class as that class, with stack and fields', async () => {
  const { result } = resultOf('FAILURE', failureDocument(new PaymentRefused('no money'), subject, end));
  await assert.rejects(result.get(), (error) => {
    assert.ok(error instanceof PaymentRefused);
    assert.deepStrictEqual([error.message, error.amount], ['no money', 7]);
    assert.match(error.stack ?? '', /async-result\.test/);
    return true;
  });
  assert.equal(await result.hasFailed(), true);
  assert.match((await result.traceback()) ?? '', /no money/);
});

test('get() throws any other error as RemoteTaskError', async () => {
  class Unknown extends Error {}
  const { result } = resultOf('FAILURE', failureDocument(new Unknown('x'), subject, end));
  await assert.rejects(result.get(), (error) => error instanceof RemoteTaskError && error.type === 'Unknown');
});

test('without propagate get() resolves with the error', async () => {
  const { result } = resultOf('REVOKED', revokedDocument(new TaskRevoked('expired'), subject, 0));
  assert.ok((await result.get({ propagate: false })) instanceof TaskRevoked);
});

test('get() of a call without a result fails at once instead of waiting for ever', async () => {
  await assert.rejects(resultOf('', null, true).result.get(), ConfigError);
});

test('an id that nobody knows is PENDING', async () => {
  const { result } = resultOf('', null);
  assert.deepStrictEqual([await result.state(), await result.info(), await result.isReady()], ['PENDING', null, false]);
  assert.deepStrictEqual(await result.children(), []);
});

test('progress is readable as state and info', async () => {
  const { result } = resultOf('PROGRESS', stateDocument('PROGRESS', { done: 3 }, subject));
  assert.deepStrictEqual([await result.state(), await result.info()], ['PROGRESS', { done: 3 }]);
});

test('forget() removes the stored result', async () => {
  const { result, forgotten } = resultOf('', null);
  await result.forget();
  assert.deepStrictEqual(forgotten, ['id']);
});
