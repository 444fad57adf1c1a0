import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { once } from 'node:events';
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { systemClock } from '../../../core/kernel/clock.js';
import { distRoot } from '../../support/project.js';

test('a timer fires once, and not after it was cancelled', async () => {
  let fired = 0;
  const cancelled = systemClock.after(0, () => fired++);
  cancelled.cancel();
  await new Promise<void>((resolve) => systemClock.after(1, resolve));
  assert.equal(fired, 0);
  cancelled.cancel();
});

test('a delay beyond the range of setTimeout does not fire at once', async () => {
  let fired = 0;
  const timer = systemClock.after(2 ** 31 + 5, () => fired++, { keepsAlive: false });
  await new Promise<void>((resolve) => systemClock.after(5, resolve));
  assert.equal(fired, 0);
  timer.cancel();
});

test('all threads share the monotonic clock', async () => {
  const clock = JSON.stringify(pathToFileURL(join(distRoot, 'core', 'kernel', 'clock.js')).href);
  const source = `import(${clock}).then(({ systemClock }) => require('node:worker_threads').parentPort.postMessage(systemClock.nowMonoMs()))`;
  const before = systemClock.nowMonoMs();
  const worker = new Worker(source, { eval: true });
  const [there] = (await once(worker, 'message')) as [number];
  const after = systemClock.nowMonoMs();
  await worker.terminate();
  assert.ok(before - 1 <= there && there <= after + 1, `${String(before)} ≤ ${String(there)} ≤ ${String(after)}`);
});
