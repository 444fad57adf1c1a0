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

/** A view: what few tasks look at is made when it is looked at. */
export class MessageRequest implements TaskRequest {
  readonly #message: TaskMessage;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly deliveryInfo: DeliveryInfo;
  readonly hostname: string;
  readonly calledDirectly = false;

  constructor(
    message: TaskMessage,
    call: { readonly args: readonly unknown[]; readonly kwargs: Readonly<Record<string, unknown>> },
    { info, hostname }: { readonly info: DeliveryInfo; readonly hostname: string },
  ) {
    this.#message = message;
    this.args = call.args;
    this.kwargs = call.kwargs;
    this.deliveryInfo = info;
    this.hostname = hostname;
  }

  get id(): string {
    return this.#message.id;
  }
  get task(): string {
    return this.#message.task;
  }
  get retries(): number {
    return this.#message.retries;
  }
  get rootId(): string {
    return this.#message.rootId;
  }
  get parentId(): string | null {
    return this.#message.parentId;
  }
  get groupId(): string | null {
    return this.#message.groupId;
  }
  get eta(): Date | null {
    return instant(this.#message.etaEpochMs);
  }
  get expires(): Date | null {
    return instant(this.#message.expiresEpochMs);
  }
  get timeLimit(): number | null {
    return this.#message.timeLimitSeconds;
  }
  get softTimeLimit(): number | null {
    return this.#message.softTimeLimitSeconds;
  }
  get headers(): Readonly<Record<string, unknown>> {
    return this.#message.customHeaders;
  }
  get replyTo(): string | null {
    return this.#message.replyTo;
  }
  get correlationId(): string | null {
    return this.#message.correlationId;
  }
  get origin(): string | null {
    return this.#message.origin;
  }
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
