/**
 * Every setting once. A name that Celery has keeps Celery's name (in camelCase), unit and meaning (features.md §21);
 * a name of ours carries its unit. A row whose profiles differ is a deviation from Celery that the docs list.
 */
import { optionalSetting, setting, type SettingValue } from './setting.js';

export const settingsTable = {
  reliability: setting('reliability', {
    default: 'safe',
    meaning: 'profile of the defaults: safe loses no task, compat has the defaults of Celery',
  }),

  brokerUrl: setting('string', {
    default: 'sqlite://./celeriac.db',
    compat: 'amqp://',
    meaning: 'address of the broker; a relative sqlite path starts at the folder of the app module',
  }),
  resultBackend: optionalSetting('string', {
    default: 'sqlite://./celeriac.db',
    compat: null,
    meaning: 'address of the result backend; null stores no results',
  }),
  brokerConnectionTimeout: setting('number', {
    default: 4,
    unit: 's',
    min: 0.001,
    meaning: 'longest time to connect to broker or backend',
  }),
  acceptContent: setting('strings', {
    default: ['json'],
    meaning: 'serializers or MIME types that a worker will decode',
  }),
  imports: setting('strings', { default: [], meaning: 'modules that members load beside the app module' }),
  include: setting('strings', { default: [], meaning: 'like imports, loaded after them' }),

  taskDefaultQueue: setting('string', { default: 'celery', meaning: 'queue of a task without a queue' }),
  taskDefaultPriority: optionalSetting('integer', {
    default: null,
    min: 0,
    meaning: 'priority of a message without one; higher is served first',
  }),
  taskIgnoreResult: setting('boolean', { default: false, meaning: 'store no results unless a task says otherwise' }),
  taskTrackStarted: setting('boolean', { default: false, meaning: 'store the state STARTED' }),
  taskTimeLimit: optionalSetting('number', {
    default: null,
    unit: 's',
    min: 0.001,
    meaning: 'hard time limit: the member that runs the task is replaced',
  }),
  taskSoftTimeLimit: optionalSetting('number', {
    default: null,
    unit: 's',
    min: 0.001,
    meaning: 'soft time limit: ctx.signal aborts',
  }),
  taskAcksLate: setting('boolean', {
    default: true,
    compat: false,
    meaning: 'acknowledge after the task has ended; false: when a member starts it, so a crash loses it',
  }),
  taskAcksOnFailure: setting('boolean', { default: true, meaning: 'a late acknowledgement also follows an exception' }),
  taskAcksOnTimeout: setting('boolean', {
    default: true,
    meaning: 'a late acknowledgement also follows a hard timeout',
  }),
  taskRejectOnWorkerLost: setting('boolean', {
    default: true,
    compat: false,
    meaning: 'a task whose member was lost is delivered again (with late acknowledgement)',
  }),
  taskMaxUnconfirmed: setting('integer', {
    default: 1_000,
    unit: 'messages',
    min: 1,
    meaning: 'unconfirmed publishes of one member or client; beyond it delay() waits',
  }),
  taskMaxUnconfirmedBytes: setting('integer', {
    default: 16 * 2 ** 20,
    unit: 'bytes',
    min: 1,
    meaning: 'the same bound in bytes of bodies',
  }),
  taskPublishTimeoutMs: setting('integer', {
    default: 30_000,
    unit: 'ms',
    min: 1,
    meaning: 'deadline of a publish: connect, send, confirm and retries together',
  }),

  resultExpires: optionalSetting('number', {
    default: 86_400,
    unit: 's',
    min: 1,
    meaning: 'stored results are removed after this time; null keeps them',
  }),

  workerConcurrency: optionalSetting('integer', {
    default: null,
    unit: 'members',
    min: 1,
    meaning: 'number of members; null is the number of CPUs',
  }),
  workerPrefetchMultiplier: setting('integer', {
    default: 4,
    unit: 'messages a member',
    min: 0,
    meaning: 'unsettled deliveries held for each member; 0 is unlimited',
  }),
  workerMaxTasksPerChild: optionalSetting('integer', {
    default: null,
    unit: 'tasks',
    min: 1,
    meaning: 'a member is replaced after this many tasks',
  }),
  workerMaxHeapMb: optionalSetting('integer', {
    default: null,
    unit: 'MB',
    min: 16,
    meaning:
      'heap of a member; one that needs more is ended, as V8 decides, and its task is lost; null leaves it to Node',
  }),
  workerProcAliveTimeout: setting('number', {
    default: 30,
    compat: 4,
    unit: 's',
    min: 0.1,
    meaning: 'a member that is not READY by then has failed to start',
  }),
  workerMaxDeliveries: optionalSetting('integer', {
    default: 3,
    compat: null,
    unit: 'deliveries',
    min: 1,
    meaning: 'deliveries of one message before a lost member makes it a dead letter; null never does',
  }),
} as const;

export type SettingName = keyof typeof settingsTable;

/** All settings, complete and frozen. */
export type Settings = { readonly [K in SettingName]: SettingValue<(typeof settingsTable)[K]> };

/** What a user writes: any of the names; others are kept (`extra`). */
export type SettingsInput = { readonly [K in SettingName]?: Settings[K] | undefined } & Readonly<
  Record<string, unknown>
>;
