/** Package entry `celeriac`: what a client and a task module need. */
export { Celeriac } from './celeriac.js';
export { AsyncResult, type GetOptions } from './async-result.js';
export type { Task } from './task.js';
export type { ApplyOptions, CallOptions } from './call-options.js';
export type { TaskOptions, ErrorClass } from '../task/task-options.js';
export type { TaskContext } from '../task/task-context.js';
export type { TaskRequest } from '../task/task-request.js';
export { Ignore, Reject, Retry, type RetryOptions } from '../task/control-flow.js';
export { signals } from '../task/signal-table.js';
export type { ExceptionInfo, PublishArgs, SignalTable, TaskSender } from '../task/signal-catalogue.js';
export type { ConnectOptions, Receiver, Reception, Signal, SignalEvent } from '../kernel/signal.js';
export { currentTask } from '../task/current-task.js';
export type { Role } from '../task/thread-runtime.js';
export type { Settings, SettingsInput } from '../settings/table.js';
export { State } from '../kernel/states.js';
export * from '../kernel/errors.js';
