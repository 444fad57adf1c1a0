import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError } from '../../../core/kernel/errors.js';
import { resolveSettings } from '../../../core/settings/resolve.js';
import { settingsTable, type SettingName } from '../../../core/settings/table.js';

const names = Object.keys(settingsTable) as SettingName[];

test('both profiles have every default of the table, and safe is the default', () => {
  for (const reliability of ['safe', 'compat'] as const) {
    const { settings } = resolveSettings({ reliability });
    for (const name of names) {
      if (name !== 'reliability') assert.deepStrictEqual(settings[name], settingsTable[name][reliability], name);
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

test('what is resolved is frozen', () => {
  assert.ok(Object.isFrozen(resolveSettings({}).settings));
});
