/**
 * Runs tasks in the thread of their caller (CALL-33, CALL-34): the message is built as for a worker, so arguments go
 * through the serializer, and given to the very trace that members run. What follows (a retry, callbacks, the next step of
 * a chain) runs here too, at once. Loaded when it is first needed.
 */
import { hostname } from 'node:os';
import { systemClock } from '../kernel/clock.js';
import { systemRandom } from '../kernel/random.js';
import { State } from '../kernel/states.js';
import { silentLogger } from '../ports/logger.js';
import type { MemberJob } from '../ports/member-program.js';
import type { Delivery, DeliveryTag, OutgoingMessage } from '../ports/transport.js';
import { messageLimitsOf } from '../protocol/message-limits.js';
import { decodeOutgoing } from '../protocol/outgoing-record.js';
import { decodeTaskHeaders } from '../protocol/task-message.js';
import type { Settings } from '../settings/table.js';
import { HeadWriter } from '../task/delivery-info.js';
import type { FollowUps } from '../task/follow-ups.js';
import { decodeOutcome, OutcomeKind } from '../task/outcome-record.js';
import type { Outlet } from '../task/outlet.js';
import { stateDocument } from '../task/result-documents.js';
import type { Conclusion } from '../task/run.js';
import { signals } from '../task/signal-table.js';
import type { TaskDefinition, TaskRegistry } from '../task/task-registry.js';
import { Trace } from '../task/trace.js';
import type { ApplyOptions, CallOptions } from './call-options.js';
import { EagerResult } from './eager-result.js';
import type { Publisher } from './publisher.js';
import type { ResultFactory } from './result-factory.js';
import type { Target } from './router.js';

export interface EagerApp {
  readonly tasks: TaskRegistry;
  readonly wiring: { readonly settings: Settings; readonly publisher: Publisher };
  readonly followUps: FollowUps;
  readonly outlet: Outlet;
  readonly resultSource: ResultFactory;
}

/** What the delivery of a message that is not sent says of its way. */
const NOWHERE: Target = { exchange: '', routingKey: 'eager', deliveryMode: null, isMandatory: true, declare: null };

/** Options that mean nothing where nothing is sent (MIS-34). */
const IGNORED_OPTIONS: readonly (keyof CallOptions)[] = [
  'countdown',
  'eta',
  'expires',
  'queue',
  'exchange',
  'exchangeType',
  'routingKey',
  'router',
  'declare',
  'timeLimit',
  'softTimeLimit',
];

const STATES: Readonly<Record<OutcomeKind, string>> = {
  [OutcomeKind.SUCCESS]: State.SUCCESS,
  [OutcomeKind.FAILURE]: State.FAILURE,
  [OutcomeKind.RETRY]: State.RETRY,
  [OutcomeKind.IGNORED]: State.IGNORED,
  [OutcomeKind.REJECTED]: State.REJECTED,
  [OutcomeKind.REQUEUED]: State.REJECTED,
  [OutcomeKind.UNREADABLE]: State.FAILURE,
};

/** Runs one call to its end, its retries included. @throws ConfigError, EncodeError for a call that makes no sense */
export async function runEagerly(
  app: EagerApp,
  definition: TaskDefinition,
  call: ApplyOptions<readonly unknown[]>,
): Promise<EagerResult> {
  const { args = [], kwargs = {}, ...given } = call;
  const options = Object.fromEntries(
    Object.entries(given).filter(([name]) => !IGNORED_OPTIONS.some((ignored) => ignored === name)),
  ) as CallOptions;
  const { publisher } = app.wiring;
  const parentage = publisher.parentageOf({ options });
  const sent = { task: definition.name, args, kwargs, options, definition: definition.options };
  return runMessage(app, publisher.prepareFor(NOWHERE, sent, parentage));
}

/** The message, and after a retry the next one, until the task has ended; then what follows it. */
export async function runMessage(app: EagerApp, message: OutgoingMessage): Promise<EagerResult> {
  let leaving: OutgoingMessage = message;
  for (;;) {
    const run = new EagerRun(app, leaving);
    await run.run();
    const [retry] = run.followers;
    // The retry runs at once, whatever its countdown (RETRY-08).
    if (run.kind === OutcomeKind.RETRY && retry !== undefined) {
      leaving = retry;
      continue;
    }
    await run.store();
    for (const follower of run.followers) await runFollower(app, follower);
    return run.result();
  }
}

/** A task that is not known here goes to the broker, as everything else of another program does. */
async function runFollower(app: EagerApp, message: OutgoingMessage): Promise<void> {
  const { task } = decodeTaskHeaders(message.headers, message.properties);
  if (app.tasks.find(task) === null) await app.outlet.publish(message);
  else await runMessage(app, message);
}

class EagerRun {
  readonly followers: OutgoingMessage[] = [];
  kind: OutcomeKind = OutcomeKind.FAILURE;
  readonly #app: EagerApp;
  readonly #message: OutgoingMessage;
  readonly #id: string;
  readonly #task: string;
  #conclusion: Conclusion | null = null;
  #document: Uint8Array = new Uint8Array(0);

  constructor(app: EagerApp, message: OutgoingMessage) {
    this.#app = app;
    this.#message = message;
    const { id, task } = decodeTaskHeaders(message.headers, message.properties);
    this.#id = id;
    this.#task = task;
  }

  async run(): Promise<void> {
    const { kind, payload } = await this.#trace().run(jobOf(this.#message));
    const { document, successors } = decodeOutcome(payload);
    this.kind = kind as OutcomeKind;
    if (document.length > 0) this.#document = document;
    this.followers.push(...successors.map((record) => decodeOutgoing(record)));
  }

  /** Stores the result where settings or task ask for it (`taskStoreEagerResult`). */
  async store(): Promise<void> {
    const { wiring, outlet, tasks } = this.#app;
    const isStored = tasks.find(this.#task)?.options.storeEagerResult ?? wiring.settings.taskStoreEagerResult;
    if (!isStored || this.#document.length === 0) return;
    await outlet.storeResult({ taskId: this.#id, state: STATES[this.kind], document: this.#document });
  }

  result(): EagerResult {
    const outcome = this.#conclusion?.outcome ?? null;
    return new EagerResult(this.#id, this.#app.resultSource, {
      state: STATES[this.kind],
      outcome,
      traceback: outcome instanceof Error ? (outcome.stack ?? null) : null,
      name: this.#task,
      children: [],
    });
  }

  #trace(): Trace {
    const { tasks, wiring, followUps, outlet } = this.#app;
    const { settings } = wiring;
    const { taskSerializer: serializer, taskCompression: compression } = settings;
    return new Trace({
      registry: tasks,
      hostname: hostname(),
      // The caller's own arguments, in whatever format the call has chosen.
      acceptContent: [...settings.acceptContent, this.#message.properties.contentType],
      limits: messageLimitsOf(settings),
      ignoreResult: settings.taskIgnoreResult,
      storeErrorsEvenIfIgnored: settings.taskStoreErrorsEvenIfIgnored,
      format: { serializer, compression },
      resultExtended: settings.resultExtended,
      describesResults: false,
      signals,
      followUps,
      outlet: this.#eagerOutlet(),
      readState: () => Promise.resolve(null),
      clock: systemClock,
      random: systemRandom,
      loggerFor: () => silentLogger,
      stateWriterFor: (message) => async (state, meta) => {
        if (!settings.taskStoreEagerResult) return;
        const document = Buffer.from(stateDocument(state, meta, message));
        await outlet.storeResult({ taskId: message.id, state, document });
      },
      isEager: true,
      onConclusion: (conclusion) => {
        this.#conclusion = conclusion;
      },
    });
  }

  /** What the trace would publish or store before hooks waits for the end of the run here. */
  #eagerOutlet(): Pick<Outlet, 'publish' | 'storeResult'> {
    return {
      publish: (message) => {
        this.followers.push(message);
        return Promise.resolve();
      },
      storeResult: ({ document }) => {
        this.#document = document;
        return Promise.resolve();
      },
    };
  }
}

function jobOf({ exchange, routingKey, headers, properties, body }: OutgoingMessage): MemberJob {
  const delivery: Delivery = {
    tag: 0 as DeliveryTag,
    queue: routingKey,
    exchange,
    routingKey,
    headers,
    properties,
    body,
    redelivered: false,
    deliveryCount: 0,
  };
  const bodySource = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const controller = new AbortController();
  return {
    head: new HeadWriter().write(delivery),
    body,
    bodySource,
    bodyStart: 0,
    bodyEnd: body.length,
    signal: controller.signal,
    abort: (reason) => {
      controller.abort(reason);
    },
  };
}
