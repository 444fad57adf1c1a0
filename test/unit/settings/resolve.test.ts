import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError } from '../../../core/kernel/errors.js';
import { resolveSettings } from '../../../core/settings/resolve.js';
import type { AnyRow } from '../../../core/settings/setting.js';
import { transferableSettings } from '../../../core/settings/transferable.js';
import { settingsTable, type SettingName } from '../../../core/settings/table.js';

const names = Object.keys(settingsTable) as SettingName[];

test('both profiles have every default of the table, and safe is the default', () => {
  for (const reliability of ['safe', 'compat'] as const) {
    const { settings } = resolveSettings({ reliability });
    for (const name of names) {
      const row: AnyRow = settingsTable[name];
      const expected = row.fallback === null ? row[reliability] : settings[row.fallback as SettingName];
      if (name !== 'reliability') assert.deepStrictEqual(settings[name], expected, name);
    }
  }
  assert.equal(resolveSettings({}).settings.reliability, 'safe');
});

test('the defaults that lose work in Celery do not in safe', () => {
  const { settings: safe } = resolveSettings({});
  const { settings: compat } = resolveSettings({ reliability: 'compat' });
  assert.deepStrictEqual([safe.taskAcksLate, compat.taskAcksLate], [true, false]);
  assert.deepStrictEqual([safe.taskRejectOnWorkerLost, compat.taskRejectOnWorkerLost], [true, false]);
  assert.deepStrictEqual([safe.workerMaxDeliveries, compat.workerMaxDeliveries], [3, null]);
});

test('every row passes its own check, in both spellings', () => {
  for (const name of names) {
    const snake = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    for (const value of [settingsTable[name].safe, settingsTable[name].compat]) {
      if (value === null && settingsTable[name].fallback !== null) continue;
      assert.deepStrictEqual(resolveSettings({ [snake]: value }).settings[name], value);
      assert.deepStrictEqual(resolveSettings({ [name]: value }).settings[name], value);
    }
  }
});

test('a later layer stands above an earlier one, whichever spelling they use', () => {
  const { settings } = resolveSettings({ task_acks_late: true, workerConcurrency: 2 }, { taskAcksLate: false });
  assert.deepStrictEqual([settings.taskAcksLate, settings.workerConcurrency], [false, 2]);
  assert.equal(resolveSettings({ taskAcksLate: true }, { task_acks_late: undefined }).settings.taskAcksLate, true);
});

test('a profile given above changes the defaults below', () => {
  assert.equal(resolveSettings({}, { reliability: 'compat' }).settings.taskAcksLate, false);
  assert.equal(resolveSettings({ taskAcksLate: true }, { reliability: 'compat' }).settings.taskAcksLate, true);
});

test('a name given twice in one layer is refused', () => {
  assert.throws(() => resolveSettings({ task_acks_late: true, taskAcksLate: true }), /given twice/);
});

test('APP-13 a near miss is refused with the name that was meant', () => {
  assert.throws(() => resolveSettings({ taskAckLate: true }), /did you mean "taskAcksLate"/);
  assert.throws(() => resolveSettings({ worker_concurency: 1 }), /did you mean "worker_concurrency"/);
});

test('APP-13 other names are kept for the application', () => {
  const { extra, settings } = resolveSettings({ myOwnSetting: { a: 1 } });
  assert.deepStrictEqual(extra, { myOwnSetting: { a: 1 } });
  assert.equal('myOwnSetting' in settings, false);
});

test('a wrong type or range is refused, naming setting, value and meaning', () => {
  const wrong: readonly Record<string, unknown>[] = [
    { brokerUrl: '' },
    { brokerUrl: null },
    { taskAcksLate: 1 },
    { workerConcurrency: 1.5 },
    { workerConcurrency: 0 },
    { workerPrefetchMultiplier: -1 },
    { brokerConnectionTimeout: NaN },
    { brokerConnectionTimeout: '4' },
    { acceptContent: 'json' },
    { imports: [1] },
    { reliability: 'fast' },
    { brokerReadUrl: [] },
    { taskDefaultRateLimit: '10/week' },
    { taskDefaultDeliveryMode: 3 },
    { timezone: 'Mars/Olympus' },
    { taskPublishRetryPolicy: { maxRetries: 'many' } },
    { taskPublishRetryPolicy: { retries: 1 } },
    { brokerTransportOptions: [] },
    { brokerUseSsl: 'yes' },
    { workerAutoscaler: 3 },
    { gcsBasePath: null },
    { securityKeyPassword: 5 },
  ];
  for (const input of wrong) {
    const [name = ''] = Object.keys(input);
    assert.throws(
      () => resolveSettings(input),
      (error) => error instanceof ConfigError && error.message.includes(name),
    );
  }
  assert.equal(resolveSettings({ resultBackend: null }).settings.resultBackend, null);
});

test('a quantity with a unit in it is refused, and what to write is said', () => {
  const minutes: Record<string, unknown> = { taskTimeLimit: '5m' };
  const seconds: Record<string, unknown> = { taskPublishTimeoutMs: '10s' };
  assert.throws(() => resolveSettings(minutes), /without a unit, here 300, not "5m" .*, in s\)/);
  assert.throws(() => resolveSettings(seconds), /without a unit, here 10000, not "10s"/);
});

test('what is written in several ways is kept in one', () => {
  const { settings } = resolveSettings({
    brokerUrl: ['memory://a', 'memory://b'],
    taskDefaultDeliveryMode: 'transient',
    reliability: 'SAFE' as 'safe',
    taskPublishRetryPolicy: { max_retries: 5 },
  });
  assert.equal(settings.brokerUrl, 'memory://a;memory://b');
  assert.equal(settings.taskDefaultDeliveryMode, 1);
  assert.equal(settings.reliability, 'safe');
  assert.deepStrictEqual(settings.taskPublishRetryPolicy, {
    maxRetries: 5,
    intervalStart: 0,
    intervalStep: 0.2,
    intervalMax: 1,
  });
});

test('a setting that inherits follows the other until it has a value of its own', () => {
  assert.equal(resolveSettings({ brokerUrl: 'memory://a' }).settings.brokerReadUrl, 'memory://a');
  const { settings } = resolveSettings({ taskAcksOnFailureOrTimeout: false, taskAcksOnTimeout: true });
  assert.deepStrictEqual([settings.taskAcksOnFailure, settings.taskAcksOnTimeout], [false, true]);
  assert.equal(resolveSettings({ taskAcksOnFailure: null }).settings.taskAcksOnFailure, true);
});

test('every fallback is a setting of the table that has none itself', () => {
  for (const name of names) {
    const row: AnyRow = settingsTable[name];
    if (row.fallback === null) continue;
    assert.ok(names.includes(row.fallback as SettingName), name);
    assert.equal(settingsTable[row.fallback as SettingName].fallback, null, name);
  }
});

test('an address in parts is put together, unless brokerUrl is given', () => {
  const parts = { brokerTransport: 'redis', brokerHost: 'h', brokerPort: 7, brokerUser: 'u', brokerPassword: 'p@s' };
  assert.equal(resolveSettings({ ...parts, brokerVhost: '3' }).settings.brokerUrl, 'redis://u:p%40s@h:7/3');
  assert.equal(resolveSettings({ ...parts, brokerUrl: 'memory://' }).settings.brokerUrl, 'memory://');
});

test('what another thread cannot be given is left out for it', () => {
  const { settings } = resolveSettings({ taskRoutes: () => null, taskQueues: [{ name: 'a', when: /x/ }] });
  const given = transferableSettings(settings);
  assert.equal('taskRoutes' in given, false);
  assert.deepStrictEqual(structuredClone(given).taskQueues, [{ name: 'a', when: /x/ }]);
});

test('what is resolved is frozen', () => {
  assert.ok(Object.isFrozen(resolveSettings({}).settings));
});
