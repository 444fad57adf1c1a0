/** The request of the running task as user code sees it (TASK-40), a view of the message that called it. */
import type { TaskMessage } from '../protocol/task-message.js';
import type { DeliveryInfo } from './delivery-info.js';

export interface TaskRequest {
  /** null when the task was called directly as a function (TASK-41). */
  readonly id: string | null;
  readonly task: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly retries: number;
  readonly rootId: string | null;
  readonly parentId: string | null;
  readonly groupId: string | null;
  readonly eta: Date | null;
  readonly expires: Date | null;
  /** Hard and soft limit of this message in seconds, null where the task's own apply. */
  readonly timeLimit: number | null;
  readonly softTimeLimit: number | null;
  /** Headers that are not celeriac's. */
  readonly headers: Readonly<Record<string, unknown>>;
  readonly replyTo: string | null;
  readonly correlationId: string | null;
  readonly origin: string | null;
  readonly deliveryInfo: DeliveryInfo | null;
  readonly hostname: string | null;
  readonly calledDirectly: boolean;
}

function instant(epochMs: number | null): Date | null {
  return epochMs === null ? null : new Date(epochMs);
}

export function requestOfMessage(
  message: TaskMessage,
  call: { readonly args: readonly unknown[]; readonly kwargs: Readonly<Record<string, unknown>> },
  { info, hostname }: { readonly info: DeliveryInfo; readonly hostname: string },
): TaskRequest {
  return {
    id: message.id,
    task: message.task,
    args: call.args,
    kwargs: call.kwargs,
    retries: message.retries,
    rootId: message.rootId,
    parentId: message.parentId,
    groupId: message.groupId,
    eta: instant(message.etaEpochMs),
    expires: instant(message.expiresEpochMs),
    timeLimit: message.timeLimitSeconds,
    softTimeLimit: message.softTimeLimitSeconds,
    headers: message.customHeaders,
    replyTo: info.properties.replyTo,
    correlationId: info.properties.correlationId,
    origin: message.origin,
    deliveryInfo: info,
    hostname,
    calledDirectly: false,
  };
}

/** The request of a plain function call. */
export function directRequest(task: string, args: readonly unknown[]): TaskRequest {
  return {
    id: null,
    task,
    args,
    kwargs: {},
    retries: 0,
    rootId: null,
    parentId: null,
    groupId: null,
    eta: null,
    expires: null,
    timeLimit: null,
    softTimeLimit: null,
    headers: {},
    replyTo: null,
    correlationId: null,
    origin: null,
    deliveryInfo: null,
    hostname: null,
    calledDirectly: true,
  };
}
