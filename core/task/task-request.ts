/** The request of the running task as user code sees it (TASK-40), a view of the message that called it. Thread of the run. */
import type { MessageProperties } from '../ports/transport.js';
import type { SignatureData, TaskBody } from '../protocol/body.js';
import type { TaskMessage } from '../protocol/task-message.js';
import type { DeliveryInfo } from './delivery-info.js';
import { executionOptionsOf, type ExecutionOptions } from './execution-options.js';
import type { Publications } from './publications.js';

type Signatures = readonly SignatureData[] | null;

export interface TaskRequest {
  /** null when the task was called directly as a function (TASK-41). */
  readonly id: string | null;
  readonly task: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly retries: number;
  readonly rootId: string | null;
  readonly parentId: string | null;
  /** Celery's `group`. */
  readonly groupId: string | null;
  readonly groupIndex: number | null;
  /** Body of the chord in whose header the task stands. */
  readonly chord: SignatureData | null;
  /** What of a chain is left, reversed: the last runs next. */
  readonly chain: Signatures;
  readonly callbacks: Signatures;
  readonly errbacks: Signatures;
  readonly eta: Date | null;
  readonly expires: Date | null;
  /** Instants of the message are in UTC: always so. */
  readonly utc: boolean;
  /** `[hard, soft]` of this message in seconds, null where the task's own apply; the next two are its parts. */
  readonly timelimit: readonly [number | null, number | null];
  readonly timeLimit: number | null;
  readonly softTimeLimit: number | null;
  /** Headers that are not celeriac's; each is a property of the request too, where the name is free (TASK-44). */
  readonly headers: Readonly<Record<string, unknown>>;
  readonly properties: MessageProperties | null;
  readonly replyTo: string | null;
  readonly correlationId: string | null;
  readonly origin: string | null;
  readonly deliveryInfo: DeliveryInfo | null;
  readonly priority: number | null;
  readonly hostname: string | null;
  /** Level and file of the worker's log: null, since the host alone writes it. */
  readonly loglevel: string | null;
  readonly logfile: string | null;
  readonly calledDirectly: boolean;
  /** The task runs in its caller, without a message (`apply`). */
  readonly isEager: boolean;
  /** Ids of what the run has sent so far (TASK-09). */
  readonly children: readonly string[];
  readonly shadow: string | null;
  readonly ignoreResult: boolean | null;
  readonly argsrepr: string | null;
  readonly kwargsrepr: string | null;
  readonly replacedTaskNesting: number;
  readonly stampedHeaders: readonly string[] | null;
  readonly stamps: Readonly<Record<string, unknown>> | null;
  /** Options that send the task again as it is (TASK-43). */
  asExecutionOptions(): ExecutionOptions;
}

function instant(epochMs: number | null): Date | null {
  return epochMs === null ? null : new Date(epochMs);
}

/** A view: what few tasks look at is made when it is looked at. */
export class MessageRequest implements TaskRequest {
  readonly #message: TaskMessage;
  readonly #body: TaskBody;
  readonly #publications: Publications | null;
  #hasAttributes = false;
  readonly deliveryInfo: DeliveryInfo;
  readonly hostname: string;
  readonly isEager: boolean;

  constructor(
    message: TaskMessage,
    body: TaskBody,
    around: {
      readonly info: DeliveryInfo;
      readonly hostname: string;
      readonly publications?: Publications;
      readonly isEager?: boolean;
    },
  ) {
    this.#message = message;
    this.#body = body;
    this.#publications = around.publications ?? null;
    this.deliveryInfo = around.info;
    this.hostname = around.hostname;
    this.isEager = around.isEager ?? false;
  }

  /** Makes properties of custom headers; once, when the request is first looked at, since hardly any message has one. */
  withAttributes(): this {
    if (this.#hasAttributes) return this;
    this.#hasAttributes = true;
    const { customHeaders } = this.#message;
    for (const name of Object.keys(customHeaders)) {
      if (name in this) continue;
      Object.defineProperty(this, name, { value: customHeaders[name], enumerable: true, configurable: true });
    }
    return this;
  }

  // Getters, since a field of each would be written for every run.
  get calledDirectly(): boolean {
    return false;
  }
  get utc(): boolean {
    return true;
  }
  get loglevel(): null {
    return null;
  }
  get logfile(): null {
    return null;
  }
  get args(): readonly unknown[] {
    return this.#body.args;
  }
  get kwargs(): Readonly<Record<string, unknown>> {
    return this.#body.kwargs;
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
  get groupIndex(): number | null {
    return this.#message.groupIndex;
  }
  get chord(): SignatureData | null {
    return this.#body.embed.chord;
  }
  get chain(): Signatures {
    return this.#body.embed.chain;
  }
  get callbacks(): Signatures {
    return this.#body.embed.callbacks;
  }
  get errbacks(): Signatures {
    return this.#body.embed.errbacks;
  }
  get eta(): Date | null {
    return instant(this.#message.etaEpochMs);
  }
  get expires(): Date | null {
    return instant(this.#message.expiresEpochMs);
  }
  get timelimit(): readonly [number | null, number | null] {
    return [this.timeLimit, this.softTimeLimit];
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
  get properties(): MessageProperties {
    return this.deliveryInfo.properties;
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
  get priority(): number | null {
    return this.#message.priority;
  }
  get children(): readonly string[] {
    return this.#publications?.children ?? [];
  }
  get shadow(): string | null {
    return this.#message.shadow;
  }
  get ignoreResult(): boolean | null {
    return this.#message.ignoreResult;
  }
  get argsrepr(): string | null {
    return this.#message.argsrepr;
  }
  get kwargsrepr(): string | null {
    return this.#message.kwargsrepr;
  }
  get replacedTaskNesting(): number {
    return this.#message.replacedTaskNesting;
  }
  get stampedHeaders(): readonly string[] | null {
    return this.#message.stampedHeaders;
  }
  get stamps(): Readonly<Record<string, unknown>> | null {
    return this.#message.stamps;
  }

  asExecutionOptions(): ExecutionOptions {
    return executionOptionsOf(this);
  }
}
