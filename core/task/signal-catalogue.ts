/**
 * Every signal of features.md §18 with its sender and arguments. `createSignals` makes one set for a thread; everybody
 * else imports `signals` of `signal-table.ts`. Who sends which: publishers `*TaskPublish`, members what runs around a
 * task, the host all that begins with `worker`, and `taskReceived`, `taskRevoked`, `taskRejected`, `taskUnknown`.
 */
import { systemClock } from '../kernel/clock.js';
import { Signal } from '../kernel/signal.js';
import type { TaskRequest } from './task-request.js';

/** A task object, or its name: as senders they are the same. */
export interface TaskSender {
  readonly taskName: string;
}

/** A failure as hooks and signals get it (Celery's `einfo`). */
export interface ExceptionInfo {
  readonly type: string;
  readonly exception: unknown;
  /** Stack; null when what was thrown has none. */
  readonly traceback: string | null;
}

type Kwargs = Readonly<Record<string, unknown>>;
/** No arguments but the sender. */
type Nothing = object;

interface TaskCallArgs {
  readonly taskId: string;
  readonly task: TaskSender;
  readonly args: readonly unknown[];
  readonly kwargs: Kwargs;
}

interface LoggerArgs {
  readonly logger: object | null;
  readonly loglevel: string;
  readonly logfile: string | null;
  readonly format: string;
  readonly colorize: boolean;
}

/** What a publisher may still change (SIG-10). */
export interface PublishArgs {
  readonly body: readonly [args: readonly unknown[], kwargs: Kwargs, embed: object];
  readonly exchange: string;
  readonly routingKey: string;
  readonly headers: Record<string, unknown>;
  readonly properties: Record<string, unknown>;
  readonly declare: readonly object[];
  readonly retryPolicy: object | null;
}

function taskKey(sender: TaskSender | string): unknown {
  return typeof sender === 'string' ? sender : sender.taskName;
}

/** A receiver's error is nobody's to catch: it is shown as the runtime shows its own warnings, with the stack. */
function warn(signal: string, error: unknown): void {
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.emitWarning(`a receiver of the signal ${signal} failed`, { type: 'CeleriacSignalWarning', detail });
}

function plain<Sender, Args extends object>(name: string): Signal<Sender, Args> {
  return new Signal<Sender, Args>({ name, clock: systemClock, onError: warn });
}

function ofTask<Args extends object>(name: string): Signal<TaskSender, Args> {
  return new Signal<TaskSender, Args>({ name, clock: systemClock, onError: warn, keyOf: taskKey });
}

function publisherSignals() {
  return {
    /** Publisher; sender: name of the task. Awaited; headers, properties and body may be changed. */
    beforeTaskPublish: plain<string, PublishArgs>('beforeTaskPublish'),
    /** Publisher, after the broker's confirm; sender: name of the task. */
    afterTaskPublish: plain<string, Pick<PublishArgs, 'headers' | 'body' | 'exchange' | 'routingKey'>>(
      'afterTaskPublish',
    ),
    /** Publisher, after the confirm. Deprecated as in Celery: `afterTaskPublish` says more (SIG-22). */
    taskSent: plain<
      string,
      {
        readonly taskId: string;
        readonly task: string;
        readonly args: readonly unknown[];
        readonly kwargs: Kwargs;
        readonly eta: string | null;
        readonly taskset: string | null;
      }
    >('taskSent'),
  };
}

function hostTaskSignals() {
  return {
    /** Host; sender: the consumer. */
    taskReceived: plain<object, { readonly request: object }>('taskReceived'),
    taskRevoked: ofTask<{
      readonly request: object;
      readonly terminated: boolean;
      readonly signum: string | null;
      readonly expired: boolean;
    }>('taskRevoked'),
    taskRejected: plain<object, { readonly message: object; readonly exc: unknown }>('taskRejected'),
    taskUnknown: plain<
      object,
      { readonly message: object; readonly exc: unknown; readonly name: string; readonly id: string }
    >('taskUnknown'),
  };
}

function memberTaskSignals() {
  return {
    /** Member, before the run; awaited. */
    taskPrerun: ofTask<TaskCallArgs>('taskPrerun'),
    /** Member, after the run, whatever its end; awaited. */
    taskPostrun: ofTask<TaskCallArgs & { readonly retval: unknown; readonly state: string }>('taskPostrun'),
    taskSuccess: ofTask<{ readonly result: unknown }>('taskSuccess'),
    taskRetry: ofTask<{
      readonly request: TaskRequest;
      readonly reason: unknown;
      readonly einfo: ExceptionInfo | null;
    }>('taskRetry'),
    /** Member; the host where no member can speak. */
    taskFailure: ofTask<
      Omit<TaskCallArgs, 'task'> & {
        readonly exception: unknown;
        readonly traceback: string | null;
        readonly einfo: ExceptionInfo;
      }
    >('taskFailure'),
    /** An error in what surrounds the task: a hook, a message that follows, the store. */
    taskInternalError: ofTask<
      Omit<TaskCallArgs, 'task'> & {
        readonly request: TaskRequest;
        readonly exception: unknown;
        readonly traceback: string | null;
        readonly einfo: ExceptionInfo;
      }
    >('taskInternalError'),
  };
}

function workerSignals() {
  return {
    importModules: plain<object, Nothing>('importModules'),
    /** Sender: node name. */
    celerydInit: plain<string, { readonly instance: object; readonly conf: object; readonly options: object }>(
      'celerydInit',
    ),
    celerydAfterSetup: plain<string, { readonly instance: object; readonly conf: object }>('celerydAfterSetup'),
    workerInit: plain<object, Nothing>('workerInit'),
    /** Host, before each member starts; sender: the pool. */
    workerBeforeCreateProcess: plain<object, Nothing>('workerBeforeCreateProcess'),
    /** Member, when its modules are loaded; awaited. */
    workerProcessInit: plain<null, Nothing>('workerProcessInit'),
    /** Member, at its end, unless it is terminated. */
    workerProcessShutdown: plain<null, { readonly pid: number; readonly exitcode: number; readonly threadId: number }>(
      'workerProcessShutdown',
    ),
    workerReady: plain<object, Nothing>('workerReady'),
    /** Sender: node name. */
    workerShuttingDown: plain<
      string,
      { readonly sig: string; readonly how: 'Warm' | 'Soft' | 'Cold'; readonly exitcode: number }
    >('workerShuttingDown'),
    workerShutdown: plain<object, Nothing>('workerShutdown'),
    heartbeatSent: plain<object, Nothing>('heartbeatSent'),
    setupLogging: plain<null, Omit<LoggerArgs, 'logger'>>('setupLogging'),
    afterSetupLogger: plain<null, LoggerArgs>('afterSetupLogger'),
    afterSetupTaskLogger: plain<null, LoggerArgs>('afterSetupTaskLogger'),
  };
}

function otherSignals() {
  return {
    beatInit: plain<object, Nothing>('beatInit'),
    beatEmbeddedInit: plain<object, Nothing>('beatEmbeddedInit'),
    eventletPoolStarted: plain<object, Nothing>('eventletPoolStarted'),
    eventletPoolPreshutdown: plain<object, Nothing>('eventletPoolPreshutdown'),
    eventletPoolPostshutdown: plain<object, Nothing>('eventletPoolPostshutdown'),
    eventletPoolApply: plain<
      object,
      { readonly target: unknown; readonly args: readonly unknown[]; readonly kwargs: Kwargs }
    >('eventletPoolApply'),
    /** Sender: name of the program. */
    userPreloadOptions: plain<string, { readonly app: object; readonly options: object }>('userPreloadOptions'),
    testWorkerStarting: plain<object, Nothing>('testWorkerStarting'),
    testWorkerStarted: plain<object, { readonly worker: object }>('testWorkerStarted'),
    testWorkerStopped: plain<object, { readonly worker: object }>('testWorkerStopped'),
    /** Cameras. */
    shutterSignal: plain<object, Nothing>('shutterSignal'),
    cleanupSignal: plain<object, Nothing>('cleanupSignal'),
  };
}

/** A set of signals without receivers. */
export function createSignals() {
  return {
    ...publisherSignals(),
    ...hostTaskSignals(),
    ...memberTaskSignals(),
    ...workerSignals(),
    ...otherSignals(),
  };
}

export type SignalTable = Readonly<ReturnType<typeof createSignals>>;
