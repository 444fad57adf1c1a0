/** Rows of the pool: members, how many, how long they live. */
import { choice, optionalSetting, setting } from '../setting.js';

export const poolRows = {
  workerPool: setting('callable', {
    default: 'threads',
    compat: 'prefork',
    meaning:
      'kind of pool: threads (prefork means them, too), processes, solo, gevent or eventlet (async tasks in one member), custom, or the module of a pool',
  }),
  workerConcurrency: optionalSetting('integer', {
    default: null,
    unit: 'members',
    min: 1,
    meaning: 'number of members; null is the number of CPUs',
  }),
  workerMaxTasksPerChild: optionalSetting('integer', {
    default: null,
    unit: 'tasks',
    min: 1,
    meaning: 'a member is replaced after this many tasks',
  }),
  workerMaxMemoryPerChild: optionalSetting('integer', {
    default: null,
    unit: 'KiB',
    min: 1,
    meaning:
      'a member is replaced after its task: a thread when heap and buffers, without garbage, have grown by more since it was loaded; a child process when its whole resident memory is more',
  }),
  workerMaxHeapMb: optionalSetting('integer', {
    default: null,
    unit: 'MB',
    min: 16,
    meaning:
      'heap of a member; one that needs more is ended, as V8 decides, and its task is lost; null leaves it to Node',
  }),
  workerMaxRssMb: optionalSetting('integer', {
    default: null,
    unit: 'MB',
    min: 16,
    meaning:
      'resident memory of the process, with all its child processes, beyond which members are replaced, one by one: of threads the one that has grown most, of processes the largest',
  }),
  workerMaxAgeMs: optionalSetting('integer', {
    default: null,
    unit: 'ms',
    min: 1_000,
    meaning: 'a member is replaced after this time, or up to a tenth sooner',
  }),
  workerMaxRetainedBytes: setting('integer', {
    default: 256 * 2 ** 20,
    unit: 'bytes',
    min: 2 ** 20,
    meaning: 'bodies too large for a ring that the members hold together; a larger one goes alone',
  }),
  workerProcAliveTimeout: setting('number', {
    default: 30,
    compat: 4,
    unit: 's',
    min: 0.1,
    meaning: 'a member that is not READY by then has failed to start',
  }),
  workerLossBurst: setting('number', {
    default: 100,
    unit: 'members',
    min: 0.01,
    meaning: 'members lost within a second, for each there is, beyond which the worker ends',
  }),
  workerLostWait: setting('number', {
    default: 10,
    status: 'accepted',
    unit: 's',
    min: 0,
    meaning: 'what a member had done is always known when it is lost',
  }),
  workerPoolPutlocks: setting('boolean', {
    default: true,
    status: 'accepted',
    meaning: 'a member never gets more than it has room for',
  }),
  workerPoolRestarts: setting('boolean', {
    default: false,
    status: 'planned',
    meaning: 'allow the command that replaces all members',
  }),
  workerOptimization: choice(['fair', 'default'], {
    default: 'fair',
    status: 'accepted',
    meaning: 'a short task never waits behind a long one while a member is free (-O)',
  }),
  workerAsyncPerMember: setting('integer', {
    default: 1,
    unit: 'tasks',
    min: 1,
    meaning: 'async tasks that one member runs at a time, 10,000 at most',
  }),
  workerLaneDepth: optionalSetting('integer', {
    default: null,
    unit: 'records',
    min: 1,
    meaning: 'tasks that a member has at once, one of them running; null adapts it to their run time: 8 ms of work',
  }),
  workerWarmSpares: setting('integer', {
    default: 0,
    unit: 'members',
    min: 0,
    meaning: 'members that are ready and idle until one is lost',
  }),
  workerProcesses: setting('integer', {
    default: 1,
    unit: 'processes',
    min: 1,
    meaning: 'nodes that `celeriac worker` starts, each a process of its own, under a supervisor',
  }),
  workerProcessBeatTimeoutMs: setting('integer', {
    default: 30_000,
    unit: 'ms',
    min: 500,
    meaning: 'a node whose main thread has given its supervisor no sign for so long is killed and replaced',
  }),
  workerAutoscaler: optionalSetting('callable', {
    default: null,
    meaning: 'class of the autoscaler, or its address as ./scaler.js:Name',
  }),
  workerAutoscaleMin: optionalSetting('integer', {
    default: null,
    unit: 'members',
    min: 0,
    meaning: 'least number of members (--autoscale)',
  }),
  workerAutoscaleMax: optionalSetting('integer', {
    default: null,
    unit: 'members',
    min: 1,
    meaning: 'greatest number of members; null: it does not scale',
  }),
  workerAutoscaleKeepaliveMs: setting('integer', {
    default: 30_000,
    unit: 'ms',
    min: 0,
    meaning: 'a member is given up when fewer have done for this time',
  }),
} as const;
