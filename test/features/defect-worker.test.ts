/** BUG-26: tasks that wait for the results of tasks of their own worker. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Worker, type WorkerOptions } from '../../core/worker/public.js';
import { app } from '../support/members/nested-tasks.js';
import { newQueue } from '../support/worker-bench.js';

const module = new URL('../support/members/nested-tasks.js', import.meta.url);
const WAIT = { timeoutMs: 30_000 };
const silent = (): void => undefined;
const logger = { debug: silent, info: silent, warn: silent, error: silent, isLevelEnabled: () => false };

async function withWorker(
  settings: NonNullable<WorkerOptions['settings']>,
  test: (bench: { readonly worker: Worker; readonly queue: string }) => Promise<void>,
): Promise<void> {
  const queue = newQueue();
  const own = { workerPrefetchMultiplier: 1, ...settings };
  const worker = await Worker.start({ app, module, concurrency: 1, queues: [queue], logger, settings: own });
  try {
    await test({ worker, queue });
  } finally {
    await worker.close({ timeoutMs: 0 });
  }
}

describe('a task that waits for another one', { timeout: 120_000 }, () => {
  test('BUG-26: waiting for a result gives up the place of the task: five deep in one member that prefetches one', async () => {
    for (const settings of [
      { taskAcksLate: true },
      { taskAcksLate: false },
      { taskAcksLate: true, workerMaxTasksPerChild: 1 },
      { taskAcksLate: true, workerDisablePrefetch: true },
      { taskAcksLate: true, workerPool: 'processes' as const },
    ]) {
      await withWorker(settings, async ({ queue }) => {
        const root = await app.sendTask('nested.dive', { args: [5], queue });
        assert.equal(await root.get(WAIT), 6, JSON.stringify(settings));
      });
    }
  });

  test('may be revoked or run into its limit while it waits, and the member runs on', async () => {
    await withWorker({ taskAcksLate: true }, async ({ worker, queue }) => {
      const revoked = await app.sendTask('nested.wait', { args: ['nobody'], queue });
      const late = await app.sendTask('nested.wait', { args: ['nobody'], queue, timeLimit: 0.2 });
      const [revokedEnd, lateEnd] = [revoked, late].map((result) => result.get({ ...WAIT, propagate: false }));
      await lateEnd;
      assert.equal(await late.state(), 'FAILURE');
      worker.revoke(revoked.id, { terminate: true });
      await revokedEnd;
      assert.equal(await revoked.state(), 'REVOKED');
      const sum = await app.sendTask('nested.add', { args: [1, 2], queue });
      assert.equal(await sum.get(WAIT), 3);
    });
  });
});
