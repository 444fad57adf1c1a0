/**
 * What an app has sent, for tests of the code that sends: a web handler can be tested without any worker. Filled by
 * `test-outlet.ts` on the test's thread, in the order in which the broker has confirmed. Messages are kept as they are
 * and read when they are looked at.
 */
import { systemClock } from '../core/kernel/clock.js';
import { withDeadline } from '../core/kernel/deadline.js';
import { ConfigError } from '../core/kernel/errors.js';
import type { HeaderTable } from '../core/kernel/header-block.js';
import type { MessageProperties, OutgoingMessage } from '../core/ports/transport.js';
import { decodeBody, type TaskBody } from '../core/protocol/body.js';
import { decodeTaskHeaders, type TaskMessage } from '../core/protocol/task-message.js';

/** A task by its object or its name. */
export type TaskReference = string | { readonly taskName: string };

/** Longest wait of the waiting functions of this room, ms, unless told otherwise. */
export const DEFAULT_TIMEOUT_MS = 10_000;

export interface WaitLimit {
  /** Longest wait, ms. @defaultValue 10 000 */
  readonly timeoutMs?: number;
}

/** One call of a task, as it was sent. */
export class SentTask {
  readonly #message: OutgoingMessage;
  readonly #head: TaskMessage;
  /** Name of the queue that it goes to; null when exchange and routing key decide at the broker. */
  readonly queue: string | null;
  #body: TaskBody | null = null;

  /** @internal @throws ProtocolError for a message that is not Celery's protocol 2 */
  constructor(message: OutgoingMessage, queue: string | null) {
    this.#message = message;
    this.#head = decodeTaskHeaders(message.headers, message.properties);
    this.queue = queue;
  }

  /** Name of the task. */
  get task(): string {
    return this.#head.task;
  }

  /** Id of the call: that of its result. */
  get id(): string {
    return this.#head.id;
  }

  /** Arguments as the worker gets them: what was a Date, say, has gone through the serializer. */
  get args(): readonly unknown[] {
    return this.#read().args;
  }

  get kwargs(): Readonly<Record<string, unknown>> {
    return this.#read().kwargs;
  }

  /** Headers as they stand on the wire, by Celery's names. */
  get headers(): HeaderTable {
    return this.#message.headers.table;
  }

  get properties(): MessageProperties {
    return this.#message.properties;
  }

  /** `''` is the anonymous exchange: the routing key names the queue. */
  get exchange(): string {
    return this.#message.exchange;
  }

  get routingKey(): string {
    return this.#message.routingKey;
  }

  /** Not to run before it; null: at once. */
  get eta(): Date | null {
    return dateOf(this.#head.etaEpochMs);
  }

  /** Not to run after it; null: whenever. */
  get expires(): Date | null {
    return dateOf(this.#head.expiresEpochMs);
  }

  /** Names of the tasks that follow a success (`link`). */
  get callbacks(): readonly string[] {
    return namesOf(this.#read().embed.callbacks);
  }

  /** Names of the tasks that follow a failure (`linkError`). */
  get errbacks(): readonly string[] {
    return namesOf(this.#read().embed.errbacks);
  }

  #read(): TaskBody {
    this.#body ??= decodeBody(this.#message.body, this.#head, { accept: [this.#head.contentType] });
    return this.#body;
  }
}

interface Expectation {
  readonly name: string;
  readonly resolve: (sent: SentTask) => void;
}

export class Outbox implements Iterable<SentTask> {
  #messages: SentTask[] = [];
  readonly #expected = new Set<Expectation>();

  /** All that was sent, oldest first. */
  get messages(): readonly SentTask[] {
    return this.#messages;
  }

  get length(): number {
    return this.#messages.length;
  }

  [Symbol.iterator](): IterableIterator<SentTask> {
    return this.#messages.values();
  }

  /** Calls of one task, oldest first. */
  of(task: TaskReference): readonly SentTask[] {
    const name = nameOf(task);
    return this.#messages.filter((sent) => sent.task === name);
  }

  /** The only call of this task. @throws ConfigError, with what was sent, when there is none or more than one */
  only(task: TaskReference): SentTask {
    const [first, ...others] = this.of(task);
    if (first !== undefined && others.length === 0) return first;
    const names = this.#messages.map((sent) => sent.task).join(', ');
    const count = first === undefined ? 'not' : `${String(others.length + 1)} times`;
    throw new ConfigError(`"${nameOf(task)}" was ${count} sent, not once; sent were: ${names === '' ? 'none' : names}`);
  }

  /** Forgets what was sent. */
  clear(): void {
    this.#messages = [];
  }

  /** The first call of this task, now or as soon as it is sent. @throws TimeoutError */
  waitFor(task: TaskReference, { timeoutMs = DEFAULT_TIMEOUT_MS }: WaitLimit = {}): Promise<SentTask> {
    const name = nameOf(task);
    const [first] = this.of(name);
    if (first !== undefined) return Promise.resolve(first);
    let expectation: Expectation | null = null;
    const sent = new Promise<SentTask>((resolve) => {
      expectation = { name, resolve };
      this.#expected.add(expectation);
    });
    return withDeadline(systemClock, sent, timeoutMs, `waiting until "${name}" is sent`).finally(() => {
      if (expectation !== null) this.#expected.delete(expectation);
    });
  }

  /** @internal */
  add(sent: SentTask): void {
    this.#messages.push(sent);
    for (const { name, resolve } of this.#expected) if (name === sent.task) resolve(sent);
  }
}

function nameOf(task: TaskReference): string {
  return typeof task === 'string' ? task : task.taskName;
}

function dateOf(epochMs: number | null): Date | null {
  return epochMs === null ? null : new Date(epochMs);
}

function namesOf(signatures: readonly Readonly<Record<string, unknown>>[] | null): readonly string[] {
  return (signatures ?? []).map((signature) => String(signature['task']));
}
