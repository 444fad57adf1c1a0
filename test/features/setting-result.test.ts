/** Settings of results: where they are, what they hold, how long they are kept, how often reading is tried. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { BackendError, BackendGetMetaError, type SettingsInput } from '../../core/app/public.js';
import { onEachBackend } from '../support/result-apps.js';
import { createClient, withWorker } from '../support/setting-apps.js';
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

describe('settings of results', { timeout: 60_000 }, () => {
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
  });

  test('CONF-070: resultBackendMaxRetries bounds the tries', async () => {
    await assert.rejects(readsThrough(3, { resultBackendMaxRetries: 2 }), BackendGetMetaError);
    assert.equal(await readsThrough(2, { resultBackendMaxRetries: 2 }), 3);
  });

  test('CONF-071: resultBackendBaseSleepBetweenRetriesMs is the first wait between tries', async () => {
    const slow = await timeOfRetries({ resultBackendBaseSleepBetweenRetriesMs: 200 });
    assert.ok(slow > 100, String(slow));
  });

  test('CONF-072: resultBackendMaxSleepBetweenRetriesMs bounds the wait', async () => {
    const settings = { resultBackendBaseSleepBetweenRetriesMs: 60_000, resultBackendMaxSleepBetweenRetriesMs: 5 };
    assert.ok((await timeOfRetries(settings)) < 5_000);
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
    });
  });

  test('CONF-076: resultExpires removes results after their time, 0 keeps them', async () => {
    for (const resultExpires of [0.02, 0]) {
      await using app = createClient({ resultExpires });
      const backend = await app.connections.backend();
      await backend.store([{ taskId: 't', state: 'SUCCESS', document: Buffer.from('{"status":"SUCCESS"}') }]);
      if (resultExpires === 0) assert.equal(await backend.cleanup(), 0);
      else while (await app.asyncResult('t').exists()) await new Promise((resolve) => setImmediate(resolve));
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
