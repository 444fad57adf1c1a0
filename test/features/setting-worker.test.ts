/** Settings of a worker: members, prefetch, ETAs, rates, state, its end, its own queue. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as later } from 'node:timers/promises';
import { describe, test } from 'node:test';
import type { Celeriac } from '../../core/app/public.js';
import { HeaderBlock } from '../../core/kernel/header-block.js';
import type { OutgoingMessage } from '../../core/ports/transport.js';
import { formatInstant } from '../../core/protocol/iso-instant.js';
import { defaultOf, memoryAddresses, waiting, withWorker } from '../support/setting-apps.js';
import { jsonProperties } from '../support/task-delivery.js';
import { createProject } from '../unit/loader/project-on-disk.js';

const WAIT = { timeoutMs: 20_000 };

async function run(app: Celeriac, task: string, args: readonly unknown[] = []): Promise<unknown> {
  return (await app.sendTask(task, { args })).get(WAIT);
}

/** A call with an ETA that its sender has not told the broker. */
function heldMessage(id: string): OutgoingMessage {
  return {
    exchange: '',
    routingKey: 'celery',
    headers: HeaderBlock.fromTable({ task: 's.add', id, eta: formatInstant(Date.now() + 9_000) }),
    properties: jsonProperties,
    body: Buffer.from('[[1,1],{},null]'),
    notBeforeEpochMs: null,
  };
}

/** Waits until it is so; the test's own timeout bounds it. */
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await later(2);
}

describe('settings of a worker', { timeout: 120_000 }, () => {
  test('CONF-143: workerConcurrency is the number of members', async () => {
    await withWorker({ workerConcurrency: 3 }, ({ worker }) => {
      assert.equal(worker.stats().pool.processes.length, 3);
      return Promise.resolve();
    });
  });

  test('CONF-144: workerPrefetchMultiplier bounds what a worker holds for each member', async (t) => {
    const began = createProject(t, {}).path('began');
    await withWorker({ workerPrefetchMultiplier: 3 }, async ({ app, worker }) => {
      await app.sendTask('s.stuck', { args: [began] });
      await until(() => existsSync(began));
      for (let n = 0; n < 4; n++) await app.sendTask('s.add', { args: [n, n] });
      const transport = await app.connections.transport();
      await until(async () => (await transport.stats('celery')).unacked >= 3);
      const { unacked, ready } = await transport.stats('celery');
      assert.deepEqual([unacked, ready, worker.stats().prefetchCount], [3, 2, 3]);
    });
    await withWorker({ workerPrefetchMultiplier: 3, workerConcurrency: 2 }, ({ worker }) => {
      assert.equal(worker.stats().prefetchCount, 6);
      return Promise.resolve();
    });
    await withWorker({ workerPrefetchMultiplier: 0 }, ({ worker }) => {
      assert.equal(worker.stats().prefetchCount, 0);
      return Promise.resolve();
    });
    assert.equal(defaultOf('workerPrefetchMultiplier'), 4);
  });

  test('CONF-145: workerEtaTaskLimit bounds the messages that are held until their ETA', async () => {
    await withWorker({ workerEtaTaskLimit: 2 }, async ({ app, worker }) => {
      // Sent as Python does: the broker knows nothing of the ETA, the worker has to hold them.
      const transport = await app.connections.transport();
      for (let n = 0; n < 4; n++) await transport.publish([heldMessage(`held-${String(n)}`)]);
      await until(async () => (await transport.stats('celery')).delayed === 2);
      assert.equal(worker.scheduled().length, 2);
    });
    assert.equal(defaultOf('workerEtaTaskLimit'), 10_000);
  });

  test('CONF-146: workerDisablePrefetch takes a message only when a member is free', async (t) => {
    const began = createProject(t, {}).path('began');
    await withWorker({ workerDisablePrefetch: true, workerPrefetchMultiplier: 8 }, async ({ app, worker }) => {
      await app.sendTask('s.stuck', { args: [began] });
      await until(() => existsSync(began));
      for (let n = 0; n < 4; n++) await app.sendTask('s.add', { args: [n, n] });
      assert.equal((await waiting(app)).filter(({ state }) => state === 'ready').length, 4);
      assert.equal(worker.stats().prefetchCount, 1);
    });
    assert.equal(defaultOf('workerDisablePrefetch'), false);
  });

  test('CONF-149: workerMaxTasksPerChild replaces a member after so many tasks', async () => {
    for (const [workerMaxTasksPerChild, members] of [
      [1, 4],
      [2, 2],
      [null, 1],
    ] as const) {
      await withWorker({ workerMaxTasksPerChild }, async ({ app }) => {
        const threads = new Set<unknown>();
        for (let n = 0; n < 4; n++) threads.add(await run(app, 's.thread'));
        assert.equal(threads.size, members);
      });
    }
    assert.equal(defaultOf('workerMaxTasksPerChild'), null);
  });

  test('CONF-151: workerDisableRateLimits lets tasks start at once', async () => {
    await withWorker({ workerDisableRateLimits: true, taskDefaultRateLimit: '1/h' }, async ({ app }) => {
      assert.deepEqual(await Promise.all([1, 2, 3].map((n) => run(app, 's.add', [n, 0]))), [1, 2, 3]);
    });
    assert.equal(defaultOf('workerDisableRateLimits'), false);
  });

  test('CONF-152: workerStateDb keeps revoked tasks over a restart', async (t) => {
    const workerStateDb = createProject(t, {}).path('state.db');
    await withWorker({ workerStateDb }, async ({ worker }) => {
      worker.revoke('gone');
      await worker.close();
    });
    await withWorker({ workerStateDb }, async ({ app }) => {
      const result = await app.sendTask('s.add', { args: [1, 2], taskId: 'gone' });
      await assert.rejects(result.get(WAIT), /revoked/i);
      assert.equal(await run(app, 's.add', [1, 2]), 3);
    });
    await withWorker({}, ({ worker }) => {
      assert.deepEqual(worker.revoked(), []);
      return Promise.resolve();
    });
    assert.equal(defaultOf('workerStateDb'), null);
  });

  test('CONF-154: workerEnableRemoteControl off leaves a worker deaf to commands', async () => {
    for (const workerEnableRemoteControl of [true, false]) {
      await withWorker({ workerEnableRemoteControl }, async ({ app, worker }) => {
        await app.control.revoke('gone');
        const answers = await app.control.inspect({ timeoutMs: 200, limit: 1 }).ping();
        assert.equal(answers.size, workerEnableRemoteControl ? 1 : 0);
        assert.equal(worker.revoked().includes('gone'), workerEnableRemoteControl);
        assert.equal(await run(app, 's.add', [1, 2]), 3);
      });
    }
    assert.equal(defaultOf('workerEnableRemoteControl'), true);
  });

  test('CONF-155: workerProcAliveTimeout gives up a member that does not start', async (t) => {
    const project = createProject(t, {
      'package.json': '{"type":"module"}',
      'slow.js': 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5_000);\n',
    });
    const settings = { workerProcAliveTimeout: 0.3, imports: [project.path('slow.js')] };
    await assert.rejects(
      withWorker(settings, () => Promise.resolve()),
      /did not start within 300 ms: 0 of 1/,
    );
    assert.equal(defaultOf('workerProcAliveTimeout'), 30);
  });

  test('CONF-157: workerSoftShutdownTimeout gives running tasks time in a cold stop', async () => {
    for (const [workerSoftShutdownTimeout, state] of [
      [15, 'SUCCESS'],
      [0, 'PENDING'],
    ] as const) {
      await withWorker({ workerSoftShutdownTimeout }, async ({ app, worker }) => {
        const result = await app.sendTask('s.sleep', { args: [300] });
        await until(() => worker.active().length === 1);
        await worker.stop('cold', { signal: 'SIGQUIT', exitCode: 1 });
        assert.equal(await app.asyncResult(result.id).state(), state);
      });
    }
    assert.equal(defaultOf('workerSoftShutdownTimeout'), 0);
  });

  test('CONF-158: workerEnableSoftShutdownOnIdle waits although nothing runs', async () => {
    await withWorker({ workerSoftShutdownTimeout: 0.4, workerEnableSoftShutdownOnIdle: true }, async ({ worker }) => {
      const began = performance.now();
      await worker.stop('cold', { signal: 'SIGQUIT', exitCode: 1 });
      assert.ok(performance.now() - began >= 390);
    });
    await withWorker({ workerSoftShutdownTimeout: 30, workerEnableSoftShutdownOnIdle: false }, async ({ worker }) => {
      const began = performance.now();
      await worker.stop('cold', { signal: 'SIGQUIT', exitCode: 1 });
      assert.ok(performance.now() - began < 10_000);
    });
    assert.equal(defaultOf('workerEnableSoftShutdownOnIdle'), false);
  });

  test('CONF-159: workerDeduplicateSuccessfulTasks does not run again what has succeeded', async (t) => {
    for (const [workerDeduplicateSuccessfulTasks, runs, value] of [
      [true, '0', 'first'],
      // The document of a success is never replaced: only the file tells of the second run.
      [false, '01', 'first'],
    ] as const) {
      await withWorker({ ...memoryAddresses(), workerDeduplicateSuccessfulTasks }, async ({ app }) => {
        const backend = await app.connections.backend();
        const document = Buffer.from('{"status":"SUCCESS","result":"first","children":[],"task_id":"once"}');
        await backend.store([{ taskId: 'once', state: 'SUCCESS', document }]);
        const began = createProject(t, {}).path('began');
        // It ends its member at the first delivery, so that the second one is a repeat.
        await app.sendTask('s.dies', { taskId: 'once', args: [began] });
        const transport = await app.connections.transport();
        await until(async () => {
          const { ready, unacked, delayed } = await transport.stats('celery');
          return existsSync(began) && ready + unacked + delayed === 0;
        });
        assert.deepEqual([readFileSync(began, 'utf8'), await app.asyncResult('once').get(WAIT)], [runs, value]);
      });
    }
    assert.equal(defaultOf('workerDeduplicateSuccessfulTasks'), false);
  });

  test('CONF-161: workerDirect gives each worker a queue of its own', async () => {
    await withWorker({ workerDirect: true }, async ({ app, worker }) => {
      assert.deepEqual([...worker.queues].sort(), ['celery', `${worker.hostname}.dq2`].sort());
      const result = await app.sendTask('s.add', { args: [1, 2], exchange: 'C.dq2', routingKey: worker.hostname });
      assert.equal(await result.get(WAIT), 3);
    });
    await withWorker({}, ({ worker }) => {
      assert.deepEqual(worker.queues, ['celery']);
      return Promise.resolve();
    });
  });
});
