/** Requests without a message: of a task called as a function (TASK-41), and of an eager run (CALL-33). Thread of the call. */
import { executionOptionsOf, type ExecutionOptions } from './execution-options.js';
import type { TaskRequest } from './task-request.js';

type Fields = Partial<Omit<TaskRequest, 'task' | 'asExecutionOptions'>>;

const UNUSED = {
  id: null,
  args: [],
  kwargs: {},
  retries: 0,
  rootId: null,
  parentId: null,
  groupId: null,
  groupIndex: null,
  chord: null,
  chain: null,
  callbacks: null,
  errbacks: null,
  eta: null,
  expires: null,
  utc: true,
  timelimit: [null, null],
  timeLimit: null,
  softTimeLimit: null,
  headers: {},
  properties: null,
  replyTo: null,
  correlationId: null,
  origin: null,
  deliveryInfo: null,
  priority: null,
  hostname: null,
  loglevel: null,
  logfile: null,
  calledDirectly: false,
  isEager: false,
  children: [],
  shadow: null,
  ignoreResult: null,
  argsrepr: null,
  kwargsrepr: null,
  replacedTaskNesting: 0,
  stampedHeaders: null,
  stamps: null,
} as const satisfies Required<Fields>;

/** The request of a run in its caller: `fields`, and for all others that they are unused. */
export function plainRequest(task: string, fields: Fields): TaskRequest {
  return {
    ...UNUSED,
    ...fields,
    task,
    asExecutionOptions(): ExecutionOptions {
      return executionOptionsOf(this);
    },
  };
}

/** The request of a plain function call. */
export function directRequest(task: string, args: readonly unknown[]): TaskRequest {
  return plainRequest(task, { args, calledDirectly: true });
}
