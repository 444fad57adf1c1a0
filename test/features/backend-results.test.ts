/** BKE-16, 25..29 and 36: what every result backend does, asked through an app. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  BackendError,
  BackendGetMetaError,
  BackendStoreError,
  Celeriac,
  ConfigError,
  type SettingsInput,
} from '../../core/app/public.js';
import type { Backend } from '../../core/ports/backend.js';
import { onEachBackend } from '../support/result-apps.js';

/** Counts the reads of a backend. */
function countFetches(backend: Backend): () => number {
  const fetch = backend.fetch.bind(backend);
  let count = 0;
  backend.fetch = (ids) => {
    count++;
    return fetch(ids);
  };
  return () => count;
}

describe('result backends', { timeout: 60_000 }, () => {
  test('BKE-16: disabled://, or no backend, stores nothing, and reading says that there is none', async () => {
    for (const resultBackend of ['disabled://', null]) {
      await using app = new Celeriac('results', { brokerUrl: 'memory://', resultBackend });
      // Sending needs no backend.
      const result = await app.sendTask('results.nobody');
      const questions = [
        () => result.get({ timeoutMs: 20 }),
        () => result.meta(),
        () => result.ready(),
        () => result.exists(),
        () => result.state(),
        () => result.forget(),
      ];
      for (const ask of questions) {
        await assert.rejects(ask(), (error) => error instanceof ConfigError && /no result backend/.test(error.message));
      }
    }
  });

  test('BKE-25: a stored SUCCESS is never overwritten', () =>
    onEachBackend(async ({ app, write }) => {
      await write.succeed('t', 'first');
      await write.succeed('t', 'second');
      await write.fail('t', new RangeError('late'));
      await write.progress('t', 'STARTED', null);
      await write.revoke('t');
      await write.retry('t', new RangeError('again'));
      assert.deepStrictEqual(
        [await app.asyncResult('t').state(), await app.asyncResult('t').get()],
        ['SUCCESS', 'first'],
      );
      // Only success is for ever.
      await write.fail('f', new RangeError('early'));
      await write.succeed('f', 'in the end');
      assert.equal(await app.asyncResult('f').get(), 'in the end');
    }));

  test('BKE-26: resultExpires removes results, 0 and null keep them; resultMaxCount keeps the last ones', async () => {
    await using app = new Celeriac('results', {
      brokerUrl: 'memory://',
      resultBackend: 'memory://expiring',
      resultExpires: 0.05,
    });
    await using usual = new Celeriac('results', { brokerUrl: 'memory://' });
    assert.deepStrictEqual([usual.conf.resultExpires, usual.conf.resultMaxCount], [86_400, null]);
    const document = Buffer.from('{"status":"SUCCESS","result":1}');
    const backend = await app.connections.backend();
    await backend.store([{ taskId: 't', state: 'SUCCESS', document }]);
    const result = app.asyncResult('t');
    assert.equal(await result.exists(), true);
    while (await result.exists()) await new Promise((resolve) => setImmediate(resolve));
    for (const settings of [{ resultExpires: 0 }, { resultExpires: null }] satisfies SettingsInput[]) {
      await onEachBackend(async (kept) => {
        await kept.write.succeed('t', 1);
        assert.equal(await kept.write.backend.cleanup(), 0);
        assert.equal(await kept.app.asyncResult('t').exists(), true);
      }, settings);
    }
    await onEachBackend(
      async ({ app: bounded, write }) => {
        for (const id of ['a', 'b', 'c', 'd']) await write.succeed(id, id);
        const states = await Promise.all(['a', 'b', 'c', 'd'].map((id) => bounded.asyncResult(id).state()));
        assert.deepStrictEqual(states, ['PENDING', 'PENDING', 'SUCCESS', 'SUCCESS']);
      },
      { resultMaxCount: 2 },
    );
  });

  test('BKE-27: with resultBackendAlwaysRetry what may pass is tried again, to the number of tries that is set', async () => {
    const quick = { resultBackendBaseSleepBetweenRetriesMs: 1, resultBackendMaxSleepBetweenRetriesMs: 2 };
    const failing = (backend: Backend, times: number): (() => number) => {
      let left = times;
      const failures = { fetch: backend.fetch.bind(backend), saveGroup: backend.saveGroup.bind(backend) };
      const isDown = (): boolean => left-- > 0;
      const down = (): Promise<never> => Promise.reject(new BackendError('down for a moment'));
      backend.fetch = (ids) => (isDown() ? down() : failures.fetch(ids));
      backend.saveGroup = (id, document) => (isDown() ? down() : failures.saveGroup(id, document));
      return () => times - left;
    };
    const check = (settings: SettingsInput, body: (app: Celeriac, backend: Backend) => Promise<void>): Promise<void> =>
      onEachBackend(({ app, write }) => body(app, write.backend), { ...quick, ...settings });
    await Promise.all([
      check({ resultBackendAlwaysRetry: true }, async (app, backend) => {
        const tries = failing(backend, 3);
        await app.groupResult('g', []).save();
        assert.equal(tries(), 4);
      }),
      check({ resultBackendAlwaysRetry: true, resultBackendMaxRetries: 2 }, async (app, backend) => {
        const stores = failing(backend, 3);
        await assert.rejects(app.groupResult('g', []).save(), BackendStoreError);
        assert.equal(stores(), 3);
        const reads = failing(backend, 3);
        await assert.rejects(app.asyncResult('t').state(), BackendGetMetaError);
        assert.equal(reads(), 3);
      }),
      check({ resultBackendAlwaysRetry: true, resultBackendMaxRetries: 2 }, async (app, backend) => {
        let reads = 0;
        backend.fetch = () => {
          reads++;
          return Promise.reject(new BackendError('down for good', { isRetryable: false }));
        };
        await assert.rejects(app.asyncResult('t').state(), /down for good/);
        assert.equal(reads, 1);
      }),
      check({ resultBackendAlwaysRetry: false }, async (app, backend) => {
        failing(backend, 1);
        await assert.rejects(app.asyncResult('t').state(), /down for a moment/);
      }),
    ]);
  });

  test('BKE-28: resultCacheMax keeps so many ready results, -1 none, 0 all', async () => {
    const readsOf = async (resultCacheMax: number): Promise<number> => {
      let reads = 0;
      await onEachBackend(
        async ({ app, write }) => {
          for (const id of ['a', 'b', 'c']) await write.succeed(id, id);
          await write.progress('d', 'STARTED', null);
          const count = countFetches(write.backend);
          for (let round = 0; round < 2; round++) {
            for (const id of ['a', 'b', 'c', 'd']) await app.asyncResult(id).state();
          }
          reads = count();
        },
        { resultCacheMax },
      );
      return reads;
    };
    // What was asked last stays, not what came last.
    await onEachBackend(
      async ({ app, write }) => {
        for (const id of ['a', 'b', 'c']) await write.succeed(id, id);
        const count = countFetches(write.backend);
        const reads: number[] = [];
        for (const id of ['a', 'b', 'a', 'c', 'a', 'b']) {
          await app.asyncResult(id).state();
          reads.push(count());
        }
        assert.deepStrictEqual(reads, [1, 2, 2, 3, 3, 4]);
      },
      { resultCacheMax: 2 },
    );
    assert.deepStrictEqual([await readsOf(-1), await readsOf(0), await readsOf(1), await readsOf(3)], [8, 5, 8, 5]);
  });

  test('BKE-29: the address of a backend has no password; cleanup() removes what has expired', async () => {
    await using app = new Celeriac('results', {
      brokerUrl: 'memory://',
      resultBackend: 'memory://user:secret@named',
      resultExpires: 0.02,
    });
    const backend = await app.connections.backend();
    assert.equal(backend.address, 'memory://named');
    await onEachBackend(({ write, name }) => {
      assert.ok(write.backend.address.startsWith(name));
      return Promise.resolve();
    });
    assert.equal(backend.capabilities.autoExpires, false);
    await backend.store([{ taskId: 't', state: 'SUCCESS', document: Buffer.from('{"status":"SUCCESS"}') }]);
    while (await app.asyncResult('t').exists()) await new Promise((resolve) => setImmediate(resolve));
    assert.deepStrictEqual([await backend.cleanup(), await backend.cleanup()], [1, 0]);
  });

  test('BKE-36: a backend that cannot push is read again and again, every half second unless get() says otherwise', (t) =>
    onEachBackend(async ({ app, write }) => {
      const { backend } = write;
      Object.defineProperty(backend, 'capabilities', { value: { ...backend.capabilities, push: false } });
      backend.watch = () => assert.fail('nobody may rely on push');
      const count = countFetches(backend);
      let ticks = 0;
      const got = app.asyncResult('t').get({
        intervalMs: 5,
        timeoutMs: 20_000,
        onInterval: () => {
          if (++ticks === 5) void write.succeed('t', 7);
        },
      });
      assert.equal(await got, 7);
      assert.ok(count() >= 2);
      await assert.rejects(app.asyncResult('u').get({ intervalMs: 0 }), ConfigError);
      const before = count();
      // The first look is at once; a second would come after half a second.
      const timers = t.mock.method(globalThis, 'setTimeout');
      await assert.rejects(app.asyncResult('u').get({ timeoutMs: 100 }));
      assert.equal(count() - before, 1);
      assert.ok(timers.mock.calls.some(({ arguments: [, delayMs] }) => delayMs === 500));
      timers.mock.restore();
    }));
});
