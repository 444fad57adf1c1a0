/** A call → the task message that makes it (protocol.md §1). Client, host and member; no I/O. */
import { hostname } from 'node:os';
import type { Clock } from '../kernel/clock.js';
import { ConfigError } from '../kernel/errors.js';
import { asTaskId, type TaskId } from '../kernel/ids.js';
import type { OutgoingMessage } from '../ports/transport.js';
import { encodeBody } from '../protocol/body.js';
import { argsRepr, kwargsRepr } from '../protocol/python-repr.js';
import { encodeTaskHeaders } from '../protocol/task-headers.js';
import type { Settings } from '../settings/table.js';
import type { ResolvedTaskOptions } from '../task/task-options.js';
import { checkOptionNames, etaOf, expiryOf, type CallOptions } from './call-options.js';

export interface TaskCall {
  readonly task: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly options: CallOptions;
  /** Options of the registered task; null for a task known by name only. */
  readonly definition: ResolvedTaskOptions | null;
}

/** Who calls: the task around the call. */
export interface Parentage {
  readonly id: TaskId;
  readonly rootId: string | null;
  readonly parentId: string | null;
}

/** `gen<pid>@<host>`, the name of an anonymous client. */
const origin = `gen${String(process.pid)}@${hostname()}`;

export class MessageBuilder {
  readonly #settings: Settings;
  readonly #clock: Clock;

  constructor(settings: Settings, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
  }

  /** @throws ConfigError for options that make no sense; EncodeError for arguments that JSON cannot carry. */
  build(call: TaskCall, { id, rootId, parentId }: Parentage): OutgoingMessage {
    const { task, args, kwargs, options, definition } = call;
    checkOptionNames(task, options);
    if (!Array.isArray(args)) throw new ConfigError('args must be a list (CALL-01)');
    if (typeof kwargs !== 'object') throw new ConfigError('kwargs must be an object (CALL-01)');
    const nowEpochMs = this.#clock.nowEpochMs();
    const etaEpochMs = etaOf(options, nowEpochMs);
    const expiresEpochMs = expiryOf(options.expires ?? definition?.expiresSeconds, nowEpochMs);
    return {
      exchange: '',
      routingKey: options.queue ?? definition?.queue ?? this.#settings.taskDefaultQueue,
      headers: encodeTaskHeaders({
        task,
        id,
        shadow: options.shadow ?? null,
        etaEpochMs,
        expiresEpochMs,
        ...this.#limits(call),
        rootId: rootId ?? id,
        parentId,
        argsrepr: argsRepr(args),
        kwargsrepr: kwargsRepr(kwargs),
        origin,
        ignoreResult: options.ignoreResult ?? definition?.ignoreResult ?? this.#settings.taskIgnoreResult,
        customHeaders: options.headers ?? {},
      }),
      properties: {
        correlationId: id,
        replyTo: '',
        contentType: 'application/json',
        contentEncoding: 'utf-8',
        deliveryMode: 2,
        priority: this.#priority(call),
        expirationMs: expiresEpochMs === null ? null : Math.max(0, Math.trunc(expiresEpochMs - nowEpochMs)),
      },
      body: encodeBody(args, kwargs),
      notBeforeEpochMs: etaEpochMs,
    };
  }

  /** Only the call's own limits travel; those of the task are applied where it runs, so they can change there. */
  #limits({ options }: TaskCall): { timeLimitSeconds: number | null; softTimeLimitSeconds: number | null } {
    const { timeLimit = null, softTimeLimit = null } = options;
    checkLimit('timeLimit', timeLimit);
    checkLimit('softTimeLimit', softTimeLimit);
    if (timeLimit !== null && softTimeLimit !== null && softTimeLimit > timeLimit) {
      throw new ConfigError('softTimeLimit must not be above timeLimit (TASK-13)');
    }
    return { timeLimitSeconds: timeLimit, softTimeLimitSeconds: softTimeLimit };
  }

  #priority({ options, definition }: TaskCall): number | null {
    const priority = options.priority ?? definition?.priority ?? this.#settings.taskDefaultPriority;
    if (priority !== null && !(Number.isInteger(priority) && priority >= 0 && priority <= 255)) {
      throw new ConfigError(`priority must be a whole number from 0 to 255, not ${String(priority)}`);
    }
    return priority;
  }
}

/** The worker would refuse the message as unreadable. */
function checkLimit(option: string, seconds: number | null): void {
  if (seconds !== null && !(Number.isFinite(seconds) && seconds >= 0)) {
    throw new ConfigError(`${option} must be a number of seconds from 0, not ${String(seconds)}`);
  }
}

const TASK_ID = /^[A-Za-z0-9_.:-]{1,155}$/;

/** Checks an id that a caller gives (reliability §5.6). @throws ConfigError */
export function checkTaskId(id: string): TaskId {
  if (!TASK_ID.test(id)) {
    throw new ConfigError('taskId must have 1 to 155 characters of A-Z, a-z, 0-9, "_", ".", ":" and "-"');
  }
  return asTaskId(id);
}
