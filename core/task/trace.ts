/**
 * The code around one task call: argument bytes → outcome (features.md §3.3). Runs in the member; decodes the body,
 * enters the context, calls the task, waits for what it published, and builds result document and successors. Whatever
 * user code throws becomes an outcome here and nowhere else; a throw of this file itself is a bug and ends the member.
 */
import type { Clock } from '../kernel/clock.js';
import { isCeleriacError, NotRegistered, ProtocolError } from '../kernel/errors.js';
import { failpoints } from '../kernel/failpoint.js';
import { HeaderBlock } from '../kernel/header-block.js';
import type { Random } from '../kernel/random.js';
import type { MemberJob, MemberOutcome } from '../ports/member-program.js';
import { decodeBody, type TaskBody } from '../protocol/body.js';
import { encodeOutgoing } from '../protocol/outgoing-record.js';
import { decodeTaskHeaders, type TaskMessage } from '../protocol/task-message.js';
import { bindArguments } from './arguments.js';
import { runAsCurrent } from './current-task.js';
import { HeadReader, type DeliveryInfo } from './delivery-info.js';
import { encodeOutcome, OutcomeKind, type OutcomeParts } from './outcome-record.js';
import { Publications } from './publications.js';
import { failureDocument, retryDocument, successDocument } from './result-documents.js';
import { buildRetryMessage } from './retry-message.js';
import { automaticRetry } from './retry-policy.js';
import { retryPlan } from './retry-plan.js';
import { Ignore, Reject, Retry } from './control-flow.js';
import { TaskContext, type StateWriter } from './task-context.js';
import type { TaskDefinition, TaskRegistry } from './task-registry.js';
import { MessageRequest } from './task-request.js';
import type { Logger } from '../ports/logger.js';

export interface TraceOptions {
  readonly registry: TaskRegistry;
  readonly hostname: string;
  readonly acceptContent: readonly string[];
  /** Default of `ignoreResult`. */
  readonly ignoreResult: boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly loggerFor: (message: TaskMessage) => Logger;
  readonly stateWriterFor: (message: TaskMessage) => StateWriter;
}

/** One run under way. */
interface Run {
  readonly job: MemberJob;
  readonly headers: HeaderBlock;
  readonly info: DeliveryInfo;
  readonly message: TaskMessage;
  readonly definition: TaskDefinition | null;
  readonly publications: Publications;
  readonly startedMs: number;
}

interface Conclusion extends Omit<OutcomeParts, 'runtimeUs'> {
  readonly kind: OutcomeKind;
}

const NO_SUCCESSORS: readonly Uint8Array[] = [];

export class Trace {
  readonly #options: TraceOptions;
  readonly #heads = new HeadReader();

  constructor(options: TraceOptions) {
    this.#options = options;
  }

  run(job: MemberJob): MemberOutcome | Promise<MemberOutcome> {
    const run = this.#open(job);
    let body: TaskBody;
    try {
      body = decodeBody(job.body, run.info.properties, { accept: this.#options.acceptContent });
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      return this.#outcome(run, this.#failure(run, error, OutcomeKind.UNREADABLE));
    }
    let value: unknown;
    let promise: Promise<unknown> | null;
    try {
      value = this.#call(run, body);
      promise = isThenable(value) ? Promise.resolve(value) : null;
    } catch (error) {
      return this.#close(run, this.#conclusionOfError(run, error));
    }
    if (promise === null) return this.#close(run, this.#conclusionOfValue(run, value));
    return promise.then(
      (result) => this.#close(run, this.#conclusionOfValue(run, result)),
      (error: unknown) => this.#close(run, this.#conclusionOfError(run, error)),
    );
  }

  #open(job: MemberJob): Run {
    const { info, headersJson } = this.#heads.read(job.head);
    const headers = HeaderBlock.fromJson(headersJson);
    const message = decodeTaskHeaders(headers, info.properties);
    const definition = this.#options.registry.find(message.task);
    const publications = new Publications(message.id, message.retries);
    return { job, headers, info, message, definition, publications, startedMs: this.#options.clock.nowMonoMs() };
  }

  #call(run: Run, body: TaskBody): unknown {
    const { message, info, definition, job, publications } = run;
    if (definition === null) throw new NotRegistered(message.task);
    const context = new TaskContext({
      request: new MessageRequest(message, body, { info, hostname: this.#options.hostname }),
      logger: this.#options.loggerFor(message),
      job,
      publications,
      writeState: this.#options.stateWriterFor(message),
    });
    const args = bindArguments(body.args, body.kwargs, definition.options) as never[];
    const call = definition.run as (...args: readonly unknown[]) => unknown;
    return runAsCurrent(context, () => (definition.options.bind ? call(context, ...args) : call(...args)));
  }

  /** Waits for confirms that the body did not await; one that fails then fails the task: it did not do what it said. */
  #close(run: Run, conclusion: Conclusion): MemberOutcome | Promise<MemberOutcome> {
    failpoints?.reach('afterBodyBeforeResult');
    if (!run.publications.hasPending) return this.#outcome(run, conclusion);
    return run.publications.confirmed().then(
      () => {
        failpoints?.reach('afterChildrenBeforeResult');
        return this.#outcome(run, conclusion);
      },
      (error: unknown) => this.#outcome(run, this.#failure(run, error)),
    );
  }

  #outcome(run: Run, { kind, document, note, successors }: Conclusion): MemberOutcome {
    const runtimeUs = (this.#options.clock.nowMonoMs() - run.startedMs) * 1_000;
    return { kind, payload: encodeOutcome({ runtimeUs, document, note, successors }) };
  }

  #conclusionOfValue(run: Run, value: unknown): Conclusion {
    if (this.#ignoresResult(run))
      return { kind: OutcomeKind.SUCCESS, document: '', note: '', successors: NO_SUCCESSORS };
    try {
      const document = successDocument(value, run.message, this.#documentParts(run));
      return { kind: OutcomeKind.SUCCESS, document, note: '', successors: NO_SUCCESSORS };
    } catch (error) {
      // TASK-53: what cannot be serialised fails the task.
      return this.#failure(run, error);
    }
  }

  #conclusionOfError(run: Run, thrown: unknown): Conclusion {
    if (thrown instanceof Ignore) {
      return { kind: OutcomeKind.IGNORED, document: '', note: thrown.message, successors: NO_SUCCESSORS };
    }
    if (thrown instanceof Reject) return this.#rejection(run, thrown);
    try {
      const retry = thrown instanceof Retry ? thrown : this.#automaticRetry(run, thrown);
      return retry === null ? this.#failure(run, thrown) : this.#retry(run, retry);
    } catch (error) {
      // A countdown that ends after the year 9999, an error class that cannot be asked.
      return this.#failure(run, error);
    }
  }

  #automaticRetry({ definition, message }: Run, thrown: unknown): Retry | null {
    if (definition === null) return null;
    return automaticRetry(thrown, definition.options, { retries: message.retries, random: this.#options.random });
  }

  #rejection(run: Run, rejection: Reject): Conclusion {
    if (!rejection.requeue) return this.#failure(run, rejection, OutcomeKind.REJECTED);
    return { kind: OutcomeKind.REQUEUED, document: '', note: rejection.message, successors: NO_SUCCESSORS };
  }

  #retry(run: Run, retry: Retry): Conclusion {
    const { message, headers, info, job } = run;
    const nowEpochMs = this.#options.clock.nowEpochMs();
    const plan = retryPlan(retry, { message, options: run.definition?.options ?? null, nowEpochMs });
    if (plan.kind === 'exhausted') return this.#failure(run, plan.error);
    const successor = buildRetryMessage({
      headers: headers.table,
      info,
      body: job.body,
      retries: message.retries + 1,
      etaEpochMs: plan.etaEpochMs,
      expiresEpochMs: message.expiresEpochMs,
      nowEpochMs,
    });
    const document = this.#ignoresResult(run) ? '' : retryDocument(retry.cause, message, this.#documentParts(run));
    return { kind: OutcomeKind.RETRY, document, note: noteOf(retry.cause), successors: [encodeOutgoing(successor)] };
  }

  #failure(run: Run, thrown: unknown, kind: OutcomeKind = OutcomeKind.FAILURE): Conclusion {
    const document = this.#ignoresResult(run) ? '' : failureDocument(thrown, run.message, this.#documentParts(run));
    return { kind, document, note: noteOf(thrown), successors: NO_SUCCESSORS };
  }

  #documentParts(run: Run): { readonly children: readonly string[]; readonly nowEpochMs: number } {
    return { children: run.publications.children, nowEpochMs: this.#options.clock.nowEpochMs() };
  }

  /** The message, then the task, then the setting (CALL-18). */
  #ignoresResult({ message, definition }: Run): boolean {
    return message.ignoreResult ?? definition?.options.ignoreResult ?? this.#options.ignoreResult;
  }
}

/** A promise or promise-like that user code returned. A decoded `then` key never gets here: results are not awaited twice. */
function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}

/** One line and the stack of an error, for the log. What was thrown is the user's: reading it may throw again. */
function noteOf(thrown: unknown): string {
  try {
    if (!(thrown instanceof Error)) return String(thrown);
    const stack = isCeleriacError(thrown) ? null : thrown.stack;
    return stack ?? `${thrown.name}: ${thrown.message}`;
  } catch {
    return 'what was thrown cannot be shown';
  }
}
