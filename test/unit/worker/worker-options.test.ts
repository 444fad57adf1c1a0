import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { test } from 'node:test';
import { Celeriac } from '../../../core/app/celeriac.js';
import { ConfigError } from '../../../core/kernel/errors.js';
import { concurrencyOf, effectiveSettings, resolveWorkerOptions } from '../../../core/worker/worker-options.js';

const module = new URL('file:///tasks.ts');

test('settings of the worker stand above those of the app, in either spelling', () => {
  const app = new Celeriac('shop', { worker_concurrency: 1, taskDefaultQueue: 'own' });
  assert.equal(effectiveSettings(app, { module, settings: { workerConcurrency: 2 } }).workerConcurrency, 2);
  assert.equal(effectiveSettings(app, { module, settings: { worker_concurrency: 3 } }).workerConcurrency, 3);
  assert.equal(
    effectiveSettings(app, { module, settings: { worker_concurrency: 3 }, concurrency: 4 }).workerConcurrency,
    4,
  );
  assert.equal(effectiveSettings(app, { module }).taskDefaultQueue, 'own');
});

test('a profile of the worker changes the defaults of the app, not what the app has set', () => {
  const app = new Celeriac('shop', { taskRejectOnWorkerLost: true });
  const settings = effectiveSettings(app, { module, settings: { reliability: 'compat' } });
  assert.deepStrictEqual([settings.taskAcksLate, settings.taskRejectOnWorkerLost], [false, true]);
});

test('the node name has the name of the host', () => {
  assert.equal(resolveWorkerOptions({ module }).hostname, `celery@${hostname()}`);
  assert.equal(resolveWorkerOptions({ module, hostname: 'w1@%h' }).hostname, `w1@${hostname()}`);
});

test('a wrong option is refused, with the one that was meant', () => {
  assert.throws(() => resolveWorkerOptions({ module, queus: ['a'] } as never), /did you mean "queues"/);
  assert.throws(() => resolveWorkerOptions({ module: './tasks.ts' }), ConfigError);
});

test('there is at least one member', () => {
  assert.ok(concurrencyOf(new Celeriac('shop').conf) >= 1);
});
