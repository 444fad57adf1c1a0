/** Settings of results: where they are, what they hold, how long they are kept, how often reading is tried. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inflateSync } from 'node:zlib';
import {
  BackendError,
  BackendGetMetaError,
  ConfigError,
  ContentDisallowed,
  type SettingsInput,
} from '../../core/app/public.js';
import { serializerNamed } from '../../core/protocol/serializers.js';
import { DEFAULT_MESSAGE_LIMITS } from '../../core/protocol/message-limits.js';
import { onEachBackend } from '../support/result-apps.js';
import { createClient, defaultOf, withWorker } from '../support/setting-apps.js';
import { createProject } from '../unit/loader/project-on-disk.js';

/** Reads a result through a backend that is down `failures` times; the number of reads. */
async function readsThrough(failures: number, settings: SettingsInput): Promise<number> {
  await using app = createClient({ resultBackendBaseSleepBetweenRetriesMs: 1, ...settings });
  const backend = await app.connections.backend();
  const fetch = backend.fetch.bind(backend);
  let reads = 0;
  backend.fetch = (ids) => (++reads > failures ? fetch(ids) : Promise.reject(new BackendError('down for a moment')));
  await app.asyncResult('t').state();
  return reads;
}

async function timeOfRetries(settings: SettingsInput): Promise<number> {
  const began = performance.now();
  await readsThrough(3, { resultBackendAlwaysRetry: true, ...settings });
  return performance.now() - began;
}

/** Bytes of the result of one sum, as a worker with these settings has stored it; the sum has been read. */
async function storedWith(settings: SettingsInput): Promise<Uint8Array> {
  let document: Uint8Array = new Uint8Array();
  await withWorker(settings, async ({ app }) => {
    const result = await app.sendTask('s.add', { args: [1, 2] });
    assert.equal(await result.get({ timeoutMs: 20_000 }), 3);
    const [stored] = await (await app.connections.backend()).fetch([result.id]);
    document = stored?.document ?? document;
  });
  return document;
}

/** Status and result of a document. */
function told(document: unknown): unknown {
  const { status, result } = document as Readonly<Record<string, unknown>>;
  return { status, result };
}

const SUM = { status: 'SUCCESS', result: 3 };

describe('settings of results', { timeout: 60_000 }, () => {
  test('CONF-002: resultAcceptContent is what is read of results, acceptContent where it is not set', async () => {
    const format: SettingsInput = { resultSerializer: 'msgpack' };
    const accepting = { ...format, resultAcceptContent: ['msgpack'] };
    await withWorker(accepting, async ({ app }) => {
      const { id } = await app.sendTask('s.add', { args: [1, 2] });
      assert.equal(await app.asyncResult(id).get({ timeoutMs: 20_000 }), 3);
      const { brokerUrl, resultBackend } = app.conf;
      for (const refusing of [{}, { acceptContent: ['msgpack'], resultAcceptContent: ['json'] }]) {
        await using other = createClient({ ...format, ...refusing, brokerUrl, resultBackend });
        await assert.rejects(other.asyncResult(id).get({ timeoutMs: 20_000 }), ContentDisallowed);
      }
      await using inheriting = createClient({ ...format, acceptContent: ['msgpack'], brokerUrl, resultBackend });
      assert.equal(await inheriting.asyncResult(id).get({ timeoutMs: 20_000 }), 3);
    });
  });

  test('CONF-067: resultBackend is where results are, null keeps none', async () => {
    await withWorker({ resultBackend: 'memory://conf-067' }, async ({ app, worker }) => {
      const { id } = await app.sendTask('s.add', { args: [1, 2] });
      assert.equal(await app.asyncResult(id).get({ timeoutMs: 20_000 }), 3);
      assert.equal(worker.backendAddress, 'memory://conf-067');
    });
    await using none = createClient({ resultBackend: null });
    await assert.rejects(none.asyncResult('t').state(), /no result backend/);
  });

  test('CONF-068: resultBackendTransportOptions reach the backend, above the options of the address', async (t) => {
    const file = createProject(t, {}).path('r.db');
    const settings = { resultBackend: `sqlite://${file}`, resultBackendTransportOptions: { expires: 'soon' } };
    await using app = createClient(settings);
    await assert.rejects(app.asyncResult('t').state(), /expires=soon/);
  });

  test('CONF-069: resultBackendAlwaysRetry reads again what failed for a moment', async () => {
    assert.equal(await readsThrough(2, { resultBackendAlwaysRetry: true }), 3);
    await assert.rejects(readsThrough(1, { resultBackendAlwaysRetry: false }), /down for a moment/);
    assert.equal(defaultOf('resultBackendAlwaysRetry'), true);
  });

  test('CONF-070: resultBackendMaxRetries bounds the tries', async () => {
    await assert.rejects(readsThrough(3, { resultBackendMaxRetries: 2 }), BackendGetMetaError);
    assert.equal(await readsThrough(2, { resultBackendMaxRetries: 2 }), 3);
    const endless = { resultBackendMaxRetries: null, resultBackendMaxSleepBetweenRetriesMs: 1 };
    assert.equal(await readsThrough(40, endless), 41);
    assert.equal(defaultOf('resultBackendMaxRetries'), null);
  });

  test('CONF-071: resultBackendBaseSleepBetweenRetriesMs is the first wait between tries', async () => {
    const slow = await timeOfRetries({ resultBackendBaseSleepBetweenRetriesMs: 200 });
    assert.ok(slow > 100, String(slow));
    assert.ok((await timeOfRetries({ resultBackendBaseSleepBetweenRetriesMs: 1 })) < 100);
    assert.equal(defaultOf('resultBackendBaseSleepBetweenRetriesMs'), 10);
  });

  test('CONF-072: resultBackendMaxSleepBetweenRetriesMs bounds the wait', async () => {
    const settings = { resultBackendBaseSleepBetweenRetriesMs: 60_000, resultBackendMaxSleepBetweenRetriesMs: 5 };
    assert.ok((await timeOfRetries(settings)) < 5_000);
    assert.equal(defaultOf('resultBackendMaxSleepBetweenRetriesMs'), 10_000);
  });

  test('CONF-073: resultSerializer writes and reads the stored documents', async () => {
    for (const resultSerializer of ['msgpack', 'yaml', 'pickle']) {
      const document = await storedWith({ resultSerializer, resultAcceptContent: [resultSerializer] });
      const read = serializerNamed(resultSerializer).decode(document, DEFAULT_MESSAGE_LIMITS);
      assert.deepEqual(told(read), SUM, resultSerializer);
    }
    assert.deepEqual(told(JSON.parse(Buffer.from(await storedWith({})).toString())), SUM);
    // What the format cannot carry fails the task, and nobody waits for ever.
    await withWorker({ resultSerializer: 'msgpack', resultAcceptContent: ['msgpack'] }, async ({ app }) => {
      const result = await app.sendTask('s.date');
      await assert.rejects(result.get({ timeoutMs: 20_000 }), /could not be stored.*msgpack/);
      const failed = await app.sendTask('s.fail');
      await assert.rejects(failed.get({ timeoutMs: 20_000 }), /no/);
    });
  });

  test('CONF-074: resultCompression compresses the stored documents', async () => {
    const zlib = await storedWith({ resultCompression: 'zlib' });
    assert.deepEqual(told(JSON.parse(inflateSync(zlib).toString())), SUM);
    // A worker that could not write its results does not start.
    await assert.rejects(storedWith({ resultCompression: 'bzip2' }), ConfigError);
    const plain = await storedWith({ resultCompression: null });
    assert.deepEqual(told(JSON.parse(Buffer.from(plain).toString())), SUM);
  });

  test('CONF-075: resultExtended stores name, arguments, worker, retries and queue', async () => {
    await withWorker({ resultExtended: true }, async ({ app, worker }) => {
      const result = await app.sendTask('s.add', { args: [1, 2] });
      await result.get({ timeoutMs: 20_000 });
      const backend = await app.connections.backend();
      const [stored] = await backend.fetch([result.id]);
      const document = JSON.parse(Buffer.from(stored?.document ?? '').toString()) as Record<string, unknown>;
      const { name, args, queue, retries } = document;
      assert.deepEqual({ name, args, queue, retries }, { name: 's.add', args: [1, 2], queue: 'celery', retries: 0 });
      assert.equal(document['worker'], worker.hostname);
      assert.deepEqual(document['kwargs'], {});
    });
    const short = JSON.parse(Buffer.from(await storedWith({})).toString()) as Record<string, unknown>;
    for (const key of ['name', 'args', 'kwargs', 'worker', 'retries', 'queue']) assert.equal(key in short, false, key);
  });

  test('CONF-076: resultExpires removes results after their time, 0 keeps them', async () => {
    assert.equal(defaultOf('resultExpires'), 86_400);
    for (const resultExpires of [0.02, 0, null]) {
      await using app = createClient({ resultExpires });
      const backend = await app.connections.backend();
      await backend.store([{ taskId: 't', state: 'SUCCESS', document: Buffer.from('{"status":"SUCCESS"}') }]);
      if (resultExpires !== 0.02) {
        assert.equal(await backend.cleanup(), 0);
        assert.equal(await app.asyncResult('t').exists(), true);
      } else while (await app.asyncResult('t').exists()) await new Promise((resolve) => setImmediate(resolve));
    }
  });

  test('CONF-077: resultCacheMax remembers so many ended results', () =>
    onEachBackend(
      async ({ app, write }) => {
        await write.succeed('a', 1);
        assert.equal(await app.asyncResult('a').get(), 1);
        write.backend.fetch = () => assert.fail('it is remembered');
        assert.equal(await app.asyncResult('a').get(), 1);
      },
      { resultCacheMax: 1 },
    ));
});
