/**
 * The code around one task call: argument bytes → outcome (features.md §3.3). Runs in the member; decodes the body,
 * enters the context, calls the task, waits for what it published, and hands on result document and successors
 * (`conclusion.ts`). Runs with hooks, signals, schemas or callbacks take the longer way of `ceremony.ts`. A job that
 * `epilogue.ts` has marked is all but the call: the host has ended it. A throw of this file itself is a bug and ends the
 * member.
 */
import { failpoints } from '../kernel/failpoint.js';
import { NotRegistered, ProtocolError } from '../kernel/errors.js';
import { HeaderBlock } from '../kernel/header-block.js';
import type { Logger } from '../ports/logger.js';
import type { MemberJob, MemberOutcome } from '../ports/member-program.js';
import { decodeBody, type TaskBody } from '../protocol/body.js';
import type { MessageLimits } from '../protocol/message-limits.js';
import { encodeOutgoing } from '../protocol/outgoing-record.js';
import { decodeTaskHeaders, type HeaderReading, type TaskMessage } from '../protocol/task-message.js';
import { bindArguments } from './arguments.js';
import { Ceremony, type CeremonyOptions } from './ceremony.js';
import { Conclusions, type ConclusionOptions } from './conclusion.js';
import { enterAsCurrent, runAsCurrent } from './current-task.js';
import { HeadReader } from './delivery-info.js';
import { decodeEpilogue, isEpilogue } from './epilogue.js';
import { encodeOutcome, OutcomeKind } from './outcome-record.js';
import { FIRST_OF_EPILOGUE, Publications } from './publications.js';
import type { Conclusion, Run } from './run.js';
import { TaskContext, type StateReader, type StateWriter } from './task-context.js';
import type { TaskDefinition, TaskRegistry } from './task-registry.js';
import { MessageRequest } from './task-request.js';

export interface TraceOptions extends Omit<ConclusionOptions, 'followUps'>, Omit<CeremonyOptions, 'conclusions'> {
  readonly registry: TaskRegistry;
  readonly acceptContent: readonly string[];
  readonly limits: MessageLimits;
  /** @defaultValue DEFAULT_HEADER_READING */
  readonly headerReading?: HeaderReading;
  readonly loggerFor: (message: TaskMessage) => Logger;
  readonly stateWriterFor: (message: TaskMessage) => StateWriter;
  readonly readState: StateReader;
  /** The caller runs its own call (CALL-33). @defaultValue false */
  readonly isEager?: boolean;
  /** Hears how each run has ended, before it becomes bytes. */
  readonly onConclusion?: (conclusion: Conclusion) => void;
}

const NO_SUCCESSORS: readonly Uint8Array[] = [];

export class Trace {
  readonly #options: TraceOptions;
  readonly #conclusions: Conclusions;
  readonly #ceremony: Ceremony;
  readonly #heads = new HeadReader();

  constructor(options: TraceOptions) {
    this.#options = options;
    this.#conclusions = new Conclusions(options);
    this.#ceremony = new Ceremony({ ...options, conclusions: this.#conclusions });
  }

  run(job: MemberJob): MemberOutcome | Promise<MemberOutcome> {
    if (isEpilogue(job.head)) return this.#epilogue(job);
    const run = this.#open(job, job.head, 0);
    const { acceptContent: accept, limits } = this.#options;
    let body: TaskBody;
    try {
      body = decodeBody(job.body, run.message, { accept, limits });
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      return this.#outcome(run, this.#conclusions.failure(run, error, { kind: OutcomeKind.UNREADABLE }), null);
    }
    const { definition } = run;
    if (definition === null) {
      const error = new NotRegistered(run.message.task);
      return this.#close(run, body, this.#conclusions.failure(run, error, { body }));
    }
    const context = this.#contextOf(run, body, definition);
    if (this.#ceremony.isFor(definition, body)) return this.#ceremonial(run, body, { definition, context });
    return this.#plain(run, body, { definition, context });
  }

  /** What follows a body that another member could not end: hooks, errbacks, and the document of its failure. */
  #epilogue(job: MemberJob): MemberOutcome | Promise<MemberOutcome> {
    const { error, head } = decodeEpilogue(job.head);
    const run = this.#open(job, head, FIRST_OF_EPILOGUE);
    const { acceptContent: accept, limits } = this.#options;
    const { definition, message } = run;
    let body: TaskBody;
    try {
      body = decodeBody(job.body, message, { accept, limits });
    } catch (unreadable) {
      if (!(unreadable instanceof ProtocolError)) throw unreadable;
      return this.#outcome(run, this.#conclusions.failure(run, error), null);
    }
    const failure = this.#conclusions.failure(run, error, { body });
    if (definition === null || !this.#ceremony.isFor(definition, body)) return this.#outcome(run, failure, null);
    const context = this.#contextOf(run, body, definition);
    const { request, logger } = context;
    return runAsCurrent(context, () => this.#ceremony.end({ run, definition, body, request, logger }, failure)).then(
      (conclusion) => this.#outcome(run, conclusion, null),
    );
  }

  #open(job: MemberJob, head: string, firstChild: number): Run {
    const { info, headersJson } = this.#heads.read(head);
    const headers = HeaderBlock.fromJson(headersJson);
    const message = decodeTaskHeaders(headers, info.properties, this.#options.headerReading);
    const definition = this.#options.registry.find(message.task);
    const publications = new Publications(message.id, message.retries, firstChild);
    return { job, headers, info, message, definition, publications, startedMs: this.#options.clock.nowMonoMs() };
  }

  #contextOf({ message, info, job, publications }: Run, body: TaskBody, definition: TaskDefinition): TaskContext {
    const { hostname, loggerFor, stateWriterFor, readState, isEager = false } = this.#options;
    return new TaskContext({
      request: new MessageRequest(message, body, { info, hostname, publications, isEager }),
      logger: loggerFor(message),
      job,
      publications,
      writeState: stateWriterFor(message),
      readState,
      task: definition.instance ?? definition.task ?? null,
    });
  }

  /** Nothing stands around the body: no promise but its own. */
  #plain(
    run: Run,
    body: TaskBody,
    { definition, context }: { readonly definition: TaskDefinition; readonly context: TaskContext },
  ): MemberOutcome | Promise<MemberOutcome> {
    let value: unknown;
    let promise: Promise<unknown> | null;
    try {
      const args = bindArguments(body.args, body.kwargs, definition.options);
      value = runAsCurrent(context, () => callBody(definition, context, args));
      promise = isThenable(value) ? Promise.resolve(value) : null;
    } catch (error) {
      return this.#close(run, body, this.#conclusions.ofError(run, body, error));
    }
    if (promise === null) return this.#close(run, body, this.#conclusions.ofValue(run, body, value));
    return promise.then(
      (result) => this.#close(run, body, this.#conclusions.ofValue(run, body, result)),
      (error: unknown) => this.#close(run, body, this.#conclusions.ofError(run, body, error)),
    );
  }

  async #ceremonial(
    run: Run,
    body: TaskBody,
    { definition, context }: { readonly definition: TaskDefinition; readonly context: TaskContext },
  ): Promise<MemberOutcome> {
    let endedMs = run.startedMs;
    const { request, logger } = context;
    const conclusion = await runAsCurrent(context, () =>
      this.#ceremony.run({
        run,
        definition,
        body,
        request,
        logger,
        call: (args) => callBody(definition, context, args),
        onBodyEnd: () => {
          failpoints?.reach('afterBodyBeforeResult');
          endedMs = this.#options.clock.nowMonoMs();
        },
      }),
    );
    failpoints?.reach('afterChildrenBeforeResult');
    return this.#outcome(run, conclusion, endedMs);
  }

  /** Waits for confirms that the body did not await; one that fails then fails the task: it did not do what it said. */
  #close(run: Run, body: TaskBody, conclusion: Conclusion): MemberOutcome | Promise<MemberOutcome> {
    failpoints?.reach('afterBodyBeforeResult');
    if (!run.publications.hasPending) return this.#outcome(run, conclusion, null);
    return run.publications.confirmed().then(
      () => {
        failpoints?.reach('afterChildrenBeforeResult');
        return this.#outcome(run, conclusion, null);
      },
      (error: unknown) => this.#outcome(run, this.#conclusions.failure(run, error, { body }), null),
    );
  }

  #outcome(run: Run, conclusion: Conclusion, endedMs: number | null): MemberOutcome {
    const { kind, document, note, isExpected } = conclusion;
    this.#options.onConclusion?.(conclusion);
    const runtimeUs = ((endedMs ?? this.#options.clock.nowMonoMs()) - run.startedMs) * 1_000;
    const successors =
      conclusion.successors.length === 0
        ? NO_SUCCESSORS
        : conclusion.successors.map((message) => encodeOutgoing(message));
    return { kind, payload: encodeOutcome({ runtimeUs, document, note, successors, isExpected }) };
  }
}

function callBody(definition: TaskDefinition, context: TaskContext, args: readonly unknown[]): unknown {
  const { job } = context;
  return job?.isGuarded === true ? callGuarded(job, definition, context, args) : runBody(definition, context, args);
}

function callGuarded(
  job: MemberJob,
  definition: TaskDefinition,
  context: TaskContext,
  args: readonly unknown[],
): unknown {
  if (job.guarded === undefined) return runBody(definition, context, args);
  try {
    return job.guarded(() => runBody(definition, context, args), definition.run);
  } catch (error) {
    // An interrupt leaves the context of whatever it has struck: hooks and messages that follow are this task's.
    enterAsCurrent(context);
    throw error;
  }
}

function runBody(definition: TaskDefinition, context: TaskContext, args: readonly unknown[]): unknown {
  const run = definition.run as (...args: readonly unknown[]) => unknown;
  return definition.options.bind ? run(context, ...args) : run(...args);
}

/** A promise or promise-like that user code returned. A decoded `then` key never gets here: results are not awaited twice. */
function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}
