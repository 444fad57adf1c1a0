/** Rows of a worker: what it takes in, how it ends, what it says. */
import { choice, optionalSetting, setting } from '../setting.js';

export const workerRows = {
  workerHttp: optionalSetting('string', {
    default: null,
    meaning: 'address on which a worker of the command line serves /metrics, /livez, /readyz and /startupz (--http)',
  }),
  workerPrefetchMultiplier: setting('integer', {
    default: 4,
    unit: 'messages a member',
    min: 0,
    meaning: 'unsettled deliveries held for each member; 0 is unlimited',
  }),
  workerPrefetchMaxBytes: setting('integer', {
    default: 64 * 2 ** 20,
    unit: 'bytes',
    min: 1,
    meaning: 'bodies of the deliveries that are held; beyond it no more are taken',
  }),
  workerEtaTaskLimit: optionalSetting('integer', {
    default: 10_000,
    compat: null,
    unit: 'messages',
    min: 1,
    meaning: 'messages held until their ETA; null is without bound',
  }),
  workerEtaMaxBytes: setting('integer', {
    default: 64 * 2 ** 20,
    unit: 'bytes',
    min: 1,
    meaning: 'bodies of messages that are held until their ETA',
  }),
  workerDisablePrefetch: setting('boolean', {
    default: false,
    meaning: 'take a message only when a member is free for it',
  }),
  workerEnablePrefetchCountReduction: setting('boolean', {
    default: true,
    status: 'planned',
    meaning: 'after a lost connection take no more than the members that are not busy can do',
  }),
  workerDisableRateLimits: setting('boolean', { default: false, meaning: 'tasks have no rate limits' }),
  workerMaxDeliveries: optionalSetting('integer', {
    default: 3,
    compat: null,
    unit: 'deliveries',
    min: 1,
    meaning: 'deliveries of one message before a lost member makes it a dead letter; null never does',
  }),
  workerOnDecodeError: choice(['reject', 'ack'], {
    default: 'reject',
    compat: 'ack',
    meaning: 'a message whose body cannot be read is kept as a dead letter; ack drops it',
  }),
  workerDeduplicateSuccessfulTasks: setting('boolean', {
    default: false,
    meaning: 'a message that is delivered again after its task succeeded is not run again',
  }),
  workerRevokesMax: setting('integer', { default: 50_000, unit: 'ids', min: 1, meaning: 'revoked tasks remembered' }),
  workerRevokeExpires: setting('number', {
    default: 10_800,
    unit: 's',
    min: 1,
    meaning: 'a revoked id is forgotten after this time',
  }),
  workerSuccessfulMax: setting('integer', {
    default: 1_000,
    unit: 'ids',
    min: 1,
    meaning: 'ended tasks remembered to know them when they are delivered again',
  }),
  workerSuccessfulExpires: setting('number', {
    default: 10_800,
    unit: 's',
    min: 1,
    meaning: 'such an id is forgotten after this time',
  }),
  workerStateDb: optionalSetting('string', { default: null, meaning: 'file that keeps the revoked tasks' }),
  workerTimerPrecision: setting('number', {
    default: 1,
    status: 'accepted',
    unit: 's',
    min: 0,
    meaning: 'timers are exact here',
  }),
  workerCancelLongRunningTasksOnConnectionLoss: setting('boolean', {
    default: false,
    status: 'planned',
    meaning: 'running tasks that are not acknowledged yet are ended when the broker is lost',
  }),
  workerSoftShutdownTimeout: setting('number', {
    default: 0,
    unit: 's',
    min: 0,
    meaning: 'time that a cold shutdown gives to running tasks',
  }),
  workerEnableSoftShutdownOnIdle: setting('boolean', {
    default: false,
    meaning: 'a cold shutdown waits so long although nothing runs',
  }),
  workerDetectQuorumQueues: setting('boolean', {
    default: true,
    status: 'planned',
    meaning: 'prefetch of each consumer where RabbitMQ has quorum queues',
  }),
  workerDirect: setting('boolean', { default: false, meaning: 'a queue of its own for each worker, by its name' }),
  workerEnableRemoteControl: setting('boolean', {
    default: true,
    meaning: 'listen to commands such as revoke',
  }),
  workerSendTaskEvents: setting('boolean', { default: false, status: 'planned', meaning: 'send events of tasks (-E)' }),
  workerTimer: optionalSetting('callable', { default: null, status: 'accepted', meaning: 'class of the timer' }),
  workerConsumer: optionalSetting('callable', { default: null, status: 'planned', meaning: 'class of the consumer' }),
  workerAgent: optionalSetting('callable', {
    default: null,
    status: 'planned',
    meaning: 'a service beside the consumer',
  }),

  workerHijackRootLogger: setting('boolean', {
    default: true,
    status: 'accepted',
    meaning: 'a worker never changes the loggers of your code',
  }),
  workerLogColor: optionalSetting('boolean', { default: null, meaning: 'colours in the log; null: at a terminal' }),
  workerLogFormat: optionalSetting('string', {
    default: null,
    meaning: 'json, pretty or a template of Celery; null is pretty at a terminal and JSON elsewhere',
  }),
  workerTaskLogFormat: optionalSetting('string', { default: null, meaning: 'the same for lines about a task' }),
  workerRedirectStdouts: setting('boolean', {
    default: true,
    status: 'planned',
    meaning: 'what a task prints becomes a log line',
  }),
  workerRedirectStdoutsLevel: choice(['DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL'], {
    default: 'WARNING',
    status: 'planned',
    meaning: 'level of such a line',
  }),
} as const;
