import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BackendError, BackendGetMetaError, TerminatedError, TimeoutError } from '../../../core/kernel/errors.js';
import { ResultFixture } from '../../support/result-fixture.js';
import { turn } from '../../support/virtual-clock.js';

const WAIT = { timeoutMs: null, signal: null, unlike: null, intervalMs: 500 };

test('a result that is there, or comes, ends the wait and its watch', async () => {
  const { client, backend, clock } = new ResultFixture();
  const success = { taskId: 'id', state: 'SUCCESS', document: Buffer.from('{}') };
  await backend.store([success]);
  assert.equal((await client.awaitResult('id', WAIT)).state, 'SUCCESS');
  const later = client.awaitResult('other', { ...WAIT, timeoutMs: 1_000 });
  await turn();
  await backend.store([{ ...success, taskId: 'other', state: 'STARTED' }]);
  await backend.store([{ ...success, taskId: 'other', state: 'FAILURE' }]);
  assert.equal((await later).state, 'FAILURE');
  assert.deepStrictEqual([backend.watches, clock.timers], [0, 0]);
});

test('a result that does not come is a TimeoutError, and nobody watches any more', async () => {
  const { client, backend, clock } = new ResultFixture();
  const late = assert.rejects(client.awaitResult('id', { ...WAIT, timeoutMs: 1_000 }), TimeoutError);
  await clock.advance(1_000);
  await late;
  assert.equal(backend.watches, 0);
});

test('R3 close ends a wait that nothing would answer any more', async () => {
  const { client, backend } = new ResultFixture();
  const pending = assert.rejects(client.awaitResult('id', WAIT), TerminatedError);
  await turn();
  client.close();
  await pending;
  assert.equal(backend.watches, 0);
});

test('the cache keeps the ready results that were asked for last, and forgets with forget', async () => {
  const fixture = new ResultFixture({ settings: { resultCacheMax: 2 } });
  const { client, backend } = fixture;
  for (const id of ['a', 'b', 'c']) await fixture.write.succeed(id, id);
  await fixture.write.progress('d', 'PROGRESS', 1);
  await client.fetchResults(['a', 'b', 'd']);
  await client.awaitResult('a', WAIT);
  await client.fetchResults(['a', 'c']);
  assert.deepStrictEqual(backend.fetches, [['a', 'b', 'd'], ['c']]);
  await client.fetchResults(['a', 'b', 'd', 'c']);
  assert.deepStrictEqual(backend.fetches.at(-1), ['b', 'd']);
  await client.forgetResults(['b']);
  assert.deepStrictEqual(await client.fetchResults(['b']), [null]);
});

test('close ends the pause before a next try', async () => {
  const settings = { resultBackendAlwaysRetry: true };
  const { client, backend } = new ResultFixture({ settings });
  backend.readFailure = () => new BackendError('down');
  const pending = assert.rejects(client.fetchResults(['a']), TerminatedError);
  await turn();
  client.close();
  await pending;
});

test('a failure that cannot pass is told at once', async () => {
  const { client, backend } = new ResultFixture({ settings: { resultBackendAlwaysRetry: true } });
  backend.readFailure = () => new BackendError('never', { isRetryable: false });
  await assert.rejects(client.fetchResults(['a']), (error) => !(error instanceof BackendGetMetaError));
  assert.equal(backend.fetches.length, 1);
});

test('a backend that cannot push is read for all that is watched at once, and not when nobody watches', async () => {
  const fixture = new ResultFixture({ push: false });
  const { client, backend, clock } = fixture;
  const first = client.awaitResult('a', { ...WAIT, intervalMs: 100 });
  const second = client.awaitResult('b', WAIT);
  await clock.advance(250);
  assert.deepStrictEqual(backend.fetches, [
    ['a', 'b'],
    ['a', 'b'],
    ['a', 'b'],
  ]);
  await fixture.write.succeed('a', 1);
  await clock.advance(50);
  assert.equal((await first).state, 'SUCCESS');
  backend.readFailure = () => new BackendError('for a moment');
  await clock.advance(500);
  backend.readFailure = () => null;
  await fixture.write.succeed('b', 1);
  await clock.advance(500);
  assert.equal((await second).state, 'SUCCESS');
  assert.deepStrictEqual([clock.timers, backend.watches], [0, 0]);
});
