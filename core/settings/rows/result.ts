/** Rows of results, whichever the store. */
import { optionalSetting, setting } from '../setting.js';

export const resultRows = {
  resultBackend: optionalSetting('string', {
    default: 'sqlite://./celeriac.db',
    compat: null,
    meaning: 'address of the result backend; null stores no results',
  }),
  resultBackendTransportOptions: setting('mapping', {
    default: {},
    meaning: 'options of the result backend, as global_keyprefix; above those in the address',
  }),
  resultBackendAlwaysRetry: setting('boolean', {
    default: true,
    compat: false,
    meaning: 'a read or write that failed and may succeed later is tried again',
  }),
  resultBackendMaxRetries: optionalSetting('integer', {
    default: null,
    unit: 'attempts',
    min: 0,
    meaning: 'attempts after the first; null is without end',
  }),
  resultBackendBaseSleepBetweenRetriesMs: setting('integer', {
    default: 10,
    unit: 'ms',
    min: 0,
    meaning: 'first wait between attempts; it doubles',
  }),
  resultBackendMaxSleepBetweenRetriesMs: setting('integer', {
    default: 10_000,
    unit: 'ms',
    min: 0,
    meaning: 'longest wait between attempts',
  }),
  resultSerializer: setting('string', { default: 'json', meaning: 'serializer of stored results' }),
  resultCompression: optionalSetting('string', {
    default: null,
    meaning: 'compression of stored results; null is none',
  }),
  resultExtended: setting('boolean', {
    default: false,
    meaning: 'store name, arguments, worker, retries and queue of the task with its result',
  }),
  resultExpires: optionalSetting('number', {
    default: 86_400,
    unit: 's',
    min: 0,
    meaning: 'stored results are removed after this time; null or 0 keeps them',
  }),
  resultMaxCount: optionalSetting('integer', {
    default: null,
    unit: 'results',
    min: 1,
    meaning: 'newest results that are kept, where the store can count; null keeps all',
  }),
  resultCacheMax: setting('integer', {
    default: -1,
    unit: 'results',
    min: -1,
    meaning: 'ended results that a client remembers; 0 is without bound, -1 none',
  }),
  resultPersistent: setting('boolean', {
    default: false,
    status: 'planned',
    meaning: 'replies of the rpc backend survive a restart of the broker',
  }),
  resultExchange: setting('string', {
    default: 'celeryresults',
    status: 'accepted',
    meaning: 'of a backend of Celery 4',
  }),
  resultExchangeType: setting('string', { default: 'direct', status: 'accepted', meaning: 'of a backend of Celery 4' }),
  resultChordRetryInterval: setting('number', {
    default: 1,
    unit: 's',
    min: 0.001,
    status: 'planned',
    meaning: 'time between two looks whether a chord is complete, where the store cannot count',
  }),
  resultChordJoinTimeout: setting('number', {
    default: 3,
    unit: 's',
    min: 0.001,
    status: 'planned',
    meaning: 'longest wait for the results of a chord that is complete',
  }),
  resultBackendThreadSafe: setting('boolean', {
    default: false,
    status: 'accepted',
    meaning: 'threads of celeriac never share a backend object',
  }),
} as const;
