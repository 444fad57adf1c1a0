/**
 * The program that a worker's pool runs in each member: loads the user's module, answers with the manifest of its tasks,
 * and traces one task call after the other. Its address is given to the pool by `core/worker`.
 */
import { threadId } from 'node:worker_threads';
import { systemClock } from '../kernel/clock.js';
import { ConfigError } from '../kernel/errors.js';
import { systemRandom } from '../kernel/random.js';
import type { Logger } from '../ports/logger.js';
import type { MemberLink, MemberProgram } from '../ports/member-program.js';
import type { TaskMessage } from '../protocol/task-message.js';
import { messageLimitsOf } from '../protocol/message-limits.js';
import { headerReadingOf } from '../protocol/task-message.js';
import { importModule } from '../loader/import-module.js';
import type { Settings } from '../settings/table.js';
import { registerBuiltinTasks } from './builtin-tasks.js';
import { manifestOf } from './manifest.js';
import { MemberOutlet } from './member-outlet.js';
import { stateDocument } from './result-documents.js';
import { currentTask } from './current-task.js';
import type { StateWriter } from './task-context.js';
import { threadRuntime, type RegisteredApp } from './thread-runtime.js';
import { Trace } from './trace.js';
import type { LogRecord } from './member-call.js';

/** What the worker gives to its members. */
export interface MemberData {
  /** Importable JavaScript of the app module. */
  readonly moduleUrl: string;
  /** Modules that only members load (`imports`, `include`), importable. */
  readonly imports: readonly string[];
  /** The app's `main` name, to know it among several. */
  readonly app: string;
  readonly hostname: string;
  /** The host's settings stand above those in the module; without functions and classes, which no thread can be given. */
  readonly settings: Settings;
  /** Somebody reads a line about each success: outcomes carry the value in words. @defaultValue false */
  readonly describesResults?: boolean;
}

export default async function createTaskProgram(link: MemberLink): Promise<MemberProgram> {
  const data = link.data as MemberData;
  const { settings } = data;
  const outlet = new MemberOutlet(link, {
    maxUnconfirmed: settings.taskMaxUnconfirmed,
    maxUnconfirmedBytes: settings.taskMaxUnconfirmedBytes,
    publishTimeoutMs: settings.taskPublishTimeoutMs,
    clock: systemClock,
  });
  const runtime = threadRuntime();
  // The solo pool runs tasks in the host's own thread: the app is there, with its role, its settings and its connections.
  if (runtime.role !== 'host') {
    runtime.role = 'member';
    runtime.outlet = outlet;
    runtime.overrides = { ...settings };
  }
  await importModule(new URL(data.moduleUrl));
  const app = pickApp(runtime.apps, data);
  for (const url of data.imports) await importModule(new URL(url));
  const { workerProcessInit, workerProcessShutdown } = runtime.signals;
  if (workerProcessInit.hasListeners) await workerProcessInit.sendAsync(null, {});
  registerBuiltinTasks(app.tasks, outlet);
  const trace = new Trace({
    registry: app.tasks,
    hostname: data.hostname,
    acceptContent: settings.acceptContent,
    limits: messageLimitsOf(settings),
    headerReading: headerReadingOf(settings),
    ignoreResult: settings.taskIgnoreResult,
    storeErrorsEvenIfIgnored: settings.taskStoreErrorsEvenIfIgnored,
    format: { serializer: settings.taskSerializer, compression: settings.taskCompression },
    resultExtended: settings.resultExtended,
    describesResults: data.describesResults ?? false,
    signals: runtime.signals,
    followUps: app.followUps,
    outlet,
    readState: async (taskId) => (await outlet.fetchResults([taskId]))[0]?.state ?? null,
    clock: systemClock,
    random: systemRandom,
    loggerFor: (message) => createTaskLogger(outlet, message),
    stateWriterFor: (message) => createStateWriter(outlet, message),
  });
  return {
    manifest: manifestOf(app.main, app.tasks),
    run: (job) => trace.run(job),
    currentJob: () => currentTask()?.job ?? null,
    close: async () => {
      if (workerProcessShutdown.hasListeners) {
        await workerProcessShutdown.sendAsync(null, { pid: process.pid, exitcode: 0, threadId });
      }
    },
  };
}

function pickApp(apps: readonly RegisteredApp[], { app, moduleUrl }: MemberData): RegisteredApp {
  const found = apps.find(({ main }) => main === app) ?? (apps.length === 1 ? apps[0] : undefined);
  if (found === undefined)
    throw new ConfigError(`${moduleUrl} does not create the app "${app}" when a member loads it`);
  return found;
}

function createTaskLogger(outlet: MemberOutlet, { id, task }: TaskMessage): Logger {
  const write =
    (level: LogRecord['level']) =>
    (fields: object, message: string): void => {
      outlet.log({ level, taskId: id, taskName: task, message, fields });
    };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}

function createStateWriter(outlet: MemberOutlet, message: TaskMessage): StateWriter {
  return (state, meta, otherId) => {
    const subject = otherId === null ? message : { id: otherId, groupId: null, parentId: null };
    const document = stateDocument(state, meta, subject);
    return outlet.storeResult({ taskId: subject.id, state, document: Buffer.from(document) });
  };
}
