/**
 * A run with something around it: hooks, receivers of signals, schemas, callbacks (TASK-50..57). Slower than the plain
 * run of `trace.ts`, which takes every task that has none of these. Member thread.
 *
 *     taskPrerun → beforeStart → body → callbacks, chain, errbacks or retry published → result stored
 *     → onSuccess, onFailure or onRetry → its signal → afterReturn → taskPostrun
 *
 * Where hooks or receivers wait for the store, messages and result leave before them, by calls to the host; otherwise
 * with the outcome. The result is stored before a late acknowledgement either way.
 */
import { State } from '../kernel/states.js';
import type { Logger } from '../ports/logger.js';
import { EMPTY_EMBED, type TaskBody } from '../protocol/body.js';
import { encodeException } from '../protocol/exception-encode.js';
import type { Conclusions } from './conclusion.js';
import { Retry } from './control-flow.js';
import type { FollowUps } from './follow-ups.js';
import { OutcomeKind } from './outcome-record.js';
import type { Outlet } from './outlet.js';
import type { Conclusion, Run } from './run.js';
import { checkedArguments, checkedResult } from './schema-check.js';
import type { ExceptionInfo, SignalTable, TaskSender } from './signal-catalogue.js';
import type { TaskHooks } from './task-hooks.js';
import type { TaskDefinition } from './task-registry.js';
import type { TaskRequest } from './task-request.js';

export interface CeremonyOptions {
  readonly signals: SignalTable;
  readonly followUps: FollowUps;
  readonly outlet: Pick<Outlet, 'publish' | 'storeResult'>;
  readonly conclusions: Conclusions;
}

/** What one ceremony is about. */
export interface Occasion {
  readonly run: Run;
  readonly definition: TaskDefinition;
  readonly body: TaskBody;
  readonly request: TaskRequest;
  readonly logger: Logger;
}

/** With the body still to be run. */
export interface Performance extends Occasion {
  /** Calls the body with the arguments that it is to get. */
  readonly call: (args: readonly unknown[]) => unknown;
  /** The body has ended, in whatever way. */
  readonly onBodyEnd: () => void;
}

/** How far an ending has come: what the outcome still has to carry, and what an error now would mean. */
interface Ending {
  conclusion: Conclusion;
  phase: 'follow-ups' | 'store' | 'hooks';
}

const STATES: Readonly<Record<OutcomeKind, string>> = {
  [OutcomeKind.SUCCESS]: State.SUCCESS,
  [OutcomeKind.FAILURE]: State.FAILURE,
  [OutcomeKind.RETRY]: State.RETRY,
  [OutcomeKind.IGNORED]: State.IGNORED,
  [OutcomeKind.REJECTED]: State.REJECTED,
  [OutcomeKind.REQUEUED]: State.REJECTED,
  [OutcomeKind.UNREADABLE]: State.FAILURE,
};

const NO_HOOKS: TaskHooks = {};

export class Ceremony {
  readonly #options: CeremonyOptions;

  constructor(options: CeremonyOptions) {
    this.#options = options;
  }

  /** Whether a run of this task with this body needs a ceremony; false is the usual answer, and cheap. */
  isFor(definition: TaskDefinition, body: TaskBody): boolean {
    const { hooks, schema } = definition.options;
    return hooks !== null || schema !== null || body.embed !== EMPTY_EMBED || this.#isHeard();
  }

  async run(performance: Performance): Promise<Conclusion> {
    const { run, definition, body } = performance;
    const { signals } = this.#options;
    const { message } = run;
    const sender = senderOf(definition);
    const call = { taskId: message.id, task: sender, args: body.args, kwargs: body.kwargs };
    if (signals.taskPrerun.hasListeners) await signals.taskPrerun.sendAsync(sender, call);
    const bodyEnd = await this.#body(performance);
    performance.onBodyEnd();
    const conclusion = await this.end(performance, bodyEnd);
    if (signals.taskPostrun.hasListeners) {
      const { outcome, kind } = bodyEnd;
      await signals.taskPostrun.sendAsync(sender, { ...call, retval: outcome, state: STATES[kind] });
    }
    return conclusion;
  }

  /**
   * All that follows the end of a body, except `taskPostrun`, which is of the run: a body that the host has ended has no
   * other (ACK-03, WORK-42; Celery sends none there either).
   */
  async end(occasion: Occasion, conclusion: Conclusion): Promise<Conclusion> {
    const ending: Ending = { conclusion, phase: 'follow-ups' };
    try {
      await this.#conclude(occasion, ending);
    } catch (error) {
      await this.#internalError(occasion, ending, error);
    }
    return ending.conclusion;
  }

  /** Of the signals that a member sends around a task, does anybody hear one? */
  #isHeard(): boolean {
    const { taskPrerun, taskPostrun, taskSuccess, taskFailure, taskRetry, taskInternalError } = this.#options.signals;
    return (
      taskPrerun.hasListeners ||
      taskPostrun.hasListeners ||
      taskSuccess.hasListeners ||
      taskFailure.hasListeners ||
      taskRetry.hasListeners ||
      taskInternalError.hasListeners
    );
  }

  async #body({ run, definition, body, call }: Performance): Promise<Conclusion> {
    const { conclusions } = this.#options;
    let isOurs = false;
    let conclusion: Conclusion;
    try {
      const { id } = run.message;
      await definition.options.hooks?.beforeStart?.(id, body.args, body.kwargs);
      const args = await checkedArguments(definition, body.args, body.kwargs);
      isOurs = true;
      const value = await call(args);
      isOurs = false;
      conclusion = conclusions.ofValue(run, body, await checkedResult(definition, value));
    } catch (error) {
      // Only what the body throws is retried by itself, as in Celery, which wraps `run` alone.
      conclusion = conclusions.ofError(run, body, error, { retries: isOurs });
    }
    if (!run.publications.hasPending) return conclusion;
    try {
      await run.publications.confirmed();
      return conclusion;
    } catch (error) {
      return conclusions.failure(run, error, { body });
    }
  }

  async #conclude(occasion: Occasion, ending: Ending): Promise<void> {
    const { run, definition } = occasion;
    ending.conclusion = await this.#withFollowUps(occasion, ending.conclusion);
    const hooks = definition.options.hooks ?? NO_HOOKS;
    if (!this.#isAwaited(ending.conclusion.kind, hooks)) return;
    ending.phase = 'store';
    await this.#commit(occasion, ending);
    ending.phase = 'hooks';
    await this.#hooksOf(occasion, ending.conclusion, hooks);
    if (run.publications.hasPending) await run.publications.confirmed();
  }

  async #withFollowUps({ run, body, request }: Occasion, conclusion: Conclusion): Promise<Conclusion> {
    const { kind, outcome, successors } = conclusion;
    if (body.embed === EMPTY_EMBED || (kind !== OutcomeKind.SUCCESS && kind !== OutcomeKind.FAILURE)) return conclusion;
    const { followUps } = this.#options;
    const ended = { request, embed: body.embed, nextId: () => run.publications.nextId() };
    const messages =
      kind === OutcomeKind.SUCCESS
        ? await followUps.afterSuccess(ended, outcome)
        : await followUps.afterFailure(ended, outcome);
    return messages.length === 0 ? conclusion : { ...conclusion, successors: [...successors, ...messages] };
  }

  /** Whether something runs after the store, so that the store cannot wait for the outcome. */
  #isAwaited(kind: OutcomeKind, hooks: TaskHooks): boolean {
    const { taskSuccess, taskFailure, taskRetry, taskPostrun } = this.#options.signals;
    if (taskPostrun.hasListeners) return true;
    if (kind === OutcomeKind.SUCCESS) {
      return taskSuccess.hasListeners || (hooks.onSuccess ?? hooks.afterReturn) !== undefined;
    }
    if (kind === OutcomeKind.FAILURE) {
      return taskFailure.hasListeners || (hooks.onFailure ?? hooks.afterReturn) !== undefined;
    }
    return kind === OutcomeKind.RETRY && (taskRetry.hasListeners || hooks.onRetry !== undefined);
  }

  /** Publishes what follows and stores the result, in this order (R1); the outcome then carries neither. */
  async #commit({ run, body }: Occasion, ending: Ending): Promise<void> {
    const { outlet, conclusions } = this.#options;
    const { conclusion } = ending;
    try {
      await Promise.all(conclusion.successors.map((message) => outlet.publish(message)));
    } catch (error) {
      // RETRY-07: a retry or callback that cannot be published must not end as an acknowledged message.
      ending.conclusion = conclusions.failure(run, error, { body, kind: OutcomeKind.REJECTED });
      return;
    }
    ending.conclusion = { ...conclusion, successors: [] };
    if (conclusion.document === '') return;
    const document = Buffer.from(conclusion.document);
    await outlet.storeResult({ taskId: run.message.id, state: STATES[conclusion.kind], document });
    ending.conclusion = { ...ending.conclusion, document: '' };
  }

  async #hooksOf(occasion: Occasion, { kind, outcome }: Conclusion, hooks: TaskHooks): Promise<void> {
    const { run, definition, body, request } = occasion;
    const { signals } = this.#options;
    const { args, kwargs } = body;
    const { id } = run.message;
    const sender = senderOf(definition);
    if (kind === OutcomeKind.SUCCESS) {
      await hooks.onSuccess?.(outcome, id, args, kwargs);
      if (signals.taskSuccess.hasListeners) await signals.taskSuccess.sendAsync(sender, { result: outcome });
    } else if (kind === OutcomeKind.FAILURE) {
      const einfo = exceptionInfo(outcome);
      await hooks.onFailure?.(outcome, id, args, kwargs, einfo);
      if (signals.taskFailure.hasListeners) {
        const failure = { exception: outcome, traceback: einfo.traceback, einfo };
        await signals.taskFailure.sendAsync(sender, { taskId: id, args, kwargs, ...failure });
      }
    } else if (kind === OutcomeKind.RETRY && outcome instanceof Retry) {
      const einfo = exceptionInfo(outcome.exc ?? outcome);
      await hooks.onRetry?.(outcome.exc, id, args, kwargs, einfo);
      if (signals.taskRetry.hasListeners) {
        await signals.taskRetry.sendAsync(sender, { request, reason: outcome, einfo });
      }
    }
    // MIS-42: not after a retry, `Ignore` or `Reject`.
    if (kind !== OutcomeKind.SUCCESS && kind !== OutcomeKind.FAILURE) return;
    await hooks.afterReturn?.(STATES[kind], outcome, id, args, kwargs, null);
  }

  /** TASK-57: the run was well, what surrounds it was not. What has been stored stays; the worker hears of a failure. */
  async #internalError(
    { run, definition, body, request, logger }: Occasion,
    ending: Ending,
    error: unknown,
  ): Promise<void> {
    const { signals, conclusions } = this.#options;
    const einfo = exceptionInfo(error);
    logger.warn({ err: String(error) }, `internal error around task ${run.message.task}: ${String(error)}`);
    if (signals.taskInternalError.hasListeners) {
      const call = { taskId: run.message.id, args: body.args, kwargs: body.kwargs, request };
      const failure = { exception: error, traceback: einfo.traceback, einfo };
      await signals.taskInternalError.sendAsync(senderOf(definition), { ...call, ...failure });
    }
    // A store that failed under the task may be well when the host tries again, and the result is still there.
    if (ending.phase === 'store') return;
    const failure = conclusions.failure(run, error, { body });
    ending.conclusion = ending.phase === 'hooks' ? { ...failure, document: '' } : failure;
  }
}

function senderOf({ name, task }: TaskDefinition): TaskSender {
  return task ?? { taskName: name };
}

function exceptionInfo(thrown: unknown): ExceptionInfo {
  const { exception, traceback } = encodeException(thrown);
  return { type: exception.exc_type, exception: thrown, traceback };
}
