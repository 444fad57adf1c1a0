/**
 * What a task returned or threw → conclusion of its run: kind, result document, messages that follow (TASK-51..55, 63,
 * 75; RETRY-02..07). Whatever user code throws becomes a conclusion here and nowhere else. Member thread.
 */
import type { Clock } from '../kernel/clock.js';
import { isCeleriacError, ProtocolError } from '../kernel/errors.js';
import type { Random } from '../kernel/random.js';
import type { OutgoingMessage } from '../ports/transport.js';
import type { BodyFormat, TaskBody } from '../protocol/body.js';
import { pythonRepr } from '../protocol/python-repr.js';
import { Ignore, Reject, Retry } from './control-flow.js';
import { matchesAny } from './error-match.js';
import type { FollowUps } from './follow-ups.js';
import { OutcomeKind } from './outcome-record.js';
import { failureDocument, retryDocument, successDocument, type EndOfRun } from './result-documents.js';
import { buildRetryMessage } from './retry-message.js';
import { automaticRetry } from './retry-policy.js';
import { retryPlan } from './retry-plan.js';
import type { Conclusion, Run } from './run.js';

export interface ConclusionOptions {
  /** Name of this worker. */
  readonly hostname: string;
  /** Defaults of options that a task leaves to the settings. */
  readonly ignoreResult: boolean;
  readonly storeErrorsEvenIfIgnored: boolean;
  readonly format: BodyFormat;
  /** Documents say more of the call (BKE-22). */
  readonly resultExtended: boolean;
  /** Whether somebody reads lines about successes, so that values are put into words (TASK-23). */
  readonly describesResults: boolean;
  readonly followUps: Pick<FollowUps, 'wayTo'>;
  readonly clock: Clock;
  readonly random: Random;
}

const NOTHING: readonly OutgoingMessage[] = [];

export class Conclusions {
  readonly #options: ConclusionOptions;

  constructor(options: ConclusionOptions) {
    this.#options = options;
  }

  ofValue(run: Run, body: TaskBody, value: unknown): Conclusion {
    const note = this.#options.describesResults ? this.#words(run, value) : '';
    if (this.#ignoresResult(run)) return concluded(OutcomeKind.SUCCESS, '', note, value);
    try {
      return concluded(OutcomeKind.SUCCESS, successDocument(value, run.message, this.#end(run, body)), note, value);
    } catch (error) {
      // TASK-53: what cannot be serialised fails the task.
      return this.failure(run, error, { body });
    }
  }

  /** @param retries by itself where the task says so (`autoretryFor`): errors of the body, not of what surrounds it. */
  ofError(run: Run, body: TaskBody, thrown: unknown, { retries = true } = {}): Conclusion {
    if (thrown instanceof Ignore) return concluded(OutcomeKind.IGNORED, '', thrown.message, thrown);
    if (thrown instanceof Reject) {
      if (thrown.requeue) return concluded(OutcomeKind.REQUEUED, '', thrown.message, thrown);
      return this.failure(run, thrown, { body, kind: OutcomeKind.REJECTED });
    }
    try {
      const retry = thrown instanceof Retry ? thrown : retries ? this.#automaticRetry(run, thrown) : null;
      return retry === null ? this.failure(run, thrown, { body }) : this.#retry(run, body, retry);
    } catch (error) {
      // A countdown that ends after the year 9999, arguments that cannot be carried, a class that cannot be asked.
      return this.failure(run, error, { body });
    }
  }

  /** FAILURE, or what `kind` says; `body` is null when it could not be read. */
  failure(
    run: Run,
    thrown: unknown,
    { body = null, kind = OutcomeKind.FAILURE }: { readonly body?: TaskBody | null; readonly kind?: OutcomeKind } = {},
  ): Conclusion {
    const { definition } = run;
    const isKept = definition?.options.storeErrorsEvenIfIgnored ?? this.#options.storeErrorsEvenIfIgnored;
    const isStored = isKept || !this.#ignoresResult(run);
    const document = isStored ? failureDocument(thrown, run.message, this.#end(run, body)) : '';
    const isExpected = definition !== null && matchesAny(thrown, definition.options.throws);
    // The dead letter shall say what is wrong with the body (`judge.ts` reads it), and only the member has seen it.
    const why = kind === OutcomeKind.UNREADABLE && thrown instanceof ProtocolError ? `${thrown.reason}: ` : '';
    const note = `${why}${noteOf(thrown, isExpected)}`;
    return { kind, document, note, successors: NOTHING, isExpected, outcome: thrown };
  }

  #automaticRetry({ definition, message }: Run, thrown: unknown): Retry | null {
    if (definition === null) return null;
    return automaticRetry(thrown, definition.options, { retries: message.retries, random: this.#options.random });
  }

  #retry(run: Run, body: TaskBody, retry: Retry): Conclusion {
    const { message, headers, info, job, definition } = run;
    const nowEpochMs = this.#options.clock.nowEpochMs();
    const plan = retryPlan(retry, { message, options: definition?.options ?? null, nowEpochMs });
    if (plan.kind === 'exhausted') return this.failure(run, plan.error, { body });
    const { format, followUps } = this.#options;
    const successor = buildRetryMessage({
      headers: headers.table,
      info,
      body: job.body,
      content: body,
      retries: message.retries + 1,
      etaEpochMs: plan.etaEpochMs,
      expiresEpochMs: message.expiresEpochMs,
      nowEpochMs,
      options: retry.options,
      wayTo: (place) => followUps.wayTo(place),
      format: {
        serializer: definition?.options.serializer ?? format.serializer,
        compression: definition?.options.compression ?? format.compression,
      },
    });
    const document = this.#ignoresResult(run) ? '' : retryDocument(retry.cause, message, this.#end(run, body));
    const note = retry.cause === undefined ? '' : noteOf(retry.cause, false);
    return { kind: OutcomeKind.RETRY, document, note, successors: [successor], isExpected: false, outcome: retry };
  }

  #end(run: Run, body: TaskBody | null): EndOfRun {
    const { hostname, resultExtended, clock } = this.#options;
    const children = run.definition?.options.trail === false ? [] : run.publications.children;
    const call = resultExtended && body !== null ? { args: body.args, kwargs: body.kwargs, hostname, run } : null;
    return { children, nowEpochMs: clock.nowEpochMs(), call };
  }

  #words({ definition }: Run, value: unknown): string {
    const maxCharacters = definition?.options.resultReprMaxChars ?? 1_024;
    return pythonRepr(value, maxCharacters).slice(0, maxCharacters);
  }

  /** The message, then the task, then the setting (CALL-18). */
  #ignoresResult({ message, definition }: Run): boolean {
    return message.ignoreResult ?? definition?.options.ignoreResult ?? this.#options.ignoreResult;
  }
}

/** Without spreads, which would cost the plain run a quarter of its time. */
function concluded(kind: OutcomeKind, document: string, note: string, outcome: unknown): Conclusion {
  return { kind, document, note, successors: NOTHING, isExpected: false, outcome };
}

/** One line and the stack of an error, for the log. What was thrown is the user's: reading it may throw again. */
function noteOf(thrown: unknown, isExpected: boolean): string {
  try {
    if (!(thrown instanceof Error)) return String(thrown);
    const stack = isExpected || isCeleriacError(thrown) ? null : thrown.stack;
    return stack ?? `${thrown.name}: ${thrown.message}`;
  } catch {
    return 'what was thrown cannot be shown';
  }
}
