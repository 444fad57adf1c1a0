/** Rows of tasks: how they are published, run, settled, and what of them is kept. */
import { inheritedSetting, optionalSetting, setting } from '../setting.js';

export const taskRows = {
  taskAnnotations: optionalSetting('any', {
    default: null,
    meaning: 'options of tasks set from here: name or * → options, or a list of such tables',
  }),
  taskCompression: optionalSetting('string', {
    default: null,
    meaning: 'compression of message bodies, as gzip; null is none',
  }),
  taskProtocol: setting('integer', {
    default: 2,
    min: 1,
    meaning: 'version of the message protocol that is sent, 1 or 2',
  }),
  taskSerializer: setting('string', { default: 'json', meaning: 'serializer of message bodies' }),
  taskPublishRetry: setting('boolean', { default: true, meaning: 'publish again when the connection is lost' }),
  taskPublishRetryPolicy: setting('retryPolicy', {
    default: { maxRetries: 3, intervalStart: 0, intervalStep: 0.2, intervalMax: 1 },
    meaning: 'maxRetries (null: for ever), intervalStart, intervalStep and intervalMax in s',
  }),
  taskPublishTimeoutMs: setting('integer', {
    default: 30_000,
    unit: 'ms',
    min: 1,
    meaning: 'deadline of a publish: connect, send, confirm and retries together',
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

  taskAlwaysEager: setting('boolean', { default: false, meaning: 'run a call at once in the caller, send nothing' }),
  taskEagerPropagates: setting('boolean', {
    default: false,
    meaning: 'an error of an eager run is thrown at the caller',
  }),
  taskStoreEagerResult: setting('boolean', { default: false, meaning: 'results of eager runs are stored too' }),
  taskRemoteTracebacks: setting('boolean', {
    default: false,
    meaning: 'an error from get() has the stack of the worker as its cause',
  }),
  taskIgnoreResult: setting('boolean', { default: false, meaning: 'store no results unless a task says otherwise' }),
  taskStoreErrorsEvenIfIgnored: setting('boolean', {
    default: false,
    meaning: 'store failures although results are ignored',
  }),
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
  taskAcksOnFailureOrTimeout: setting('boolean', {
    default: true,
    meaning: 'both of the next two, where they are not given; deprecated',
  }),
  taskAcksOnFailure: inheritedSetting('boolean', {
    fallback: 'taskAcksOnFailureOrTimeout',
    meaning: 'a late acknowledgement also follows an exception',
  }),
  taskAcksOnTimeout: inheritedSetting('boolean', {
    fallback: 'taskAcksOnFailureOrTimeout',
    meaning: 'a late acknowledgement also follows a hard timeout',
  }),
  taskRejectOnWorkerLost: setting('boolean', {
    default: true,
    compat: false,
    meaning: 'a task whose member was lost is delivered again (with late acknowledgement)',
  }),
  taskDefaultRateLimit: optionalSetting('rate', {
    default: null,
    meaning: 'starts of each task on one worker: 10 a second, or as "10/s", "10/m", "10/h"; null or 0 is no limit',
  }),
  taskAllowErrorCbOnChordHeader: setting('boolean', {
    default: false,
    status: 'planned',
    meaning: 'an errback of a chord is also that of each task of its header',
  }),
  taskSendSentEvent: setting('boolean', {
    default: false,
    status: 'planned',
    meaning: 'publish an event for each message',
  }),
  taskSentTimestamp: setting('boolean', {
    default: false,
    meaning: 'each message says when it was sent, in the header celeriac_sent',
  }),
  taskSensitiveArgs: setting('strings', {
    default: [],
    meaning: 'names of parameters whose values are hidden in argsrepr and kwargsrepr; * stands for any letters',
  }),
  taskReprMaxChars: setting('integer', {
    default: 1_024,
    unit: 'characters',
    min: 16,
    meaning: 'length at which argsrepr and kwargsrepr are cut',
  }),
} as const;
