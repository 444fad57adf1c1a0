/** Handle of a task's result (features.md §7): knows the id, asks the backend. */
import { ConfigError } from '../kernel/errors.js';
import { PROPAGATE_STATES, READY_STATES, State } from '../kernel/states.js';
import { decodeResultDocument, type ResultDocument } from '../protocol/result-document.js';
import { errorOfDocument, type ErrorPrototypes } from '../protocol/exception.js';
import type { Outlet } from '../task/outlet.js';

export interface GetOptions {
  /** Longest wait in ms; null waits for as long as the process lives. @defaultValue null */
  readonly timeoutMs?: number | null;
  /** Throw the task's error when it failed; else resolve with it. @defaultValue true */
  readonly propagate?: boolean;
}

export interface ResultSource {
  readonly outlet: Outlet;
  /** Error classes that the app has registered. */
  readonly errors: ErrorPrototypes;
}

export class AsyncResult<R = unknown> {
  readonly id: string;
  readonly #source: ResultSource;
  readonly #isIgnored: boolean;

  /** @internal */
  constructor(id: string, source: ResultSource, isIgnored = false) {
    this.id = id;
    this.#source = source;
    this.#isIgnored = isIgnored;
  }

  /**
   * Waits for the task to end and resolves with its result.
   * @throws the task's own error when its class is registered, `RemoteTaskError` otherwise; `TaskRevoked`;
   * `TimeoutError` after `timeoutMs`; ConfigError when the call stores no result.
   */
  async get(options: GetOptions = {}): Promise<R> {
    if (this.#isIgnored) throw new ConfigError(`task ${this.id} was called with ignoreResult: it has no result to get`);
    const { timeoutMs = null, propagate = true } = options;
    const stored = await this.#source.outlet.awaitResult(this.id, timeoutMs);
    const document = decodeResultDocument(stored.document);
    if (!PROPAGATE_STATES.has(document.status)) return document.result as R;
    const error = errorOfDocument(document, this.#source.errors);
    if (propagate) throw error;
    return error as R;
  }

  /** The present state; PENDING also for an id that nobody knows. */
  async state(): Promise<string> {
    return (await this.#document())?.status ?? State.PENDING;
  }

  /** Result, error or progress data of the present state; null while PENDING. */
  async info(): Promise<unknown> {
    const document = await this.#document();
    if (document === null) return null;
    return PROPAGATE_STATES.has(document.status) ? errorOfDocument(document, this.#source.errors) : document.result;
  }

  async isReady(): Promise<boolean> {
    return READY_STATES.has(await this.state());
  }

  async isSuccessful(): Promise<boolean> {
    return (await this.state()) === State.SUCCESS;
  }

  async hasFailed(): Promise<boolean> {
    return (await this.state()) === State.FAILURE;
  }

  /** Stack or traceback of a failed task at the other side; null when there is none. */
  async traceback(): Promise<string | null> {
    return (await this.#document())?.traceback ?? null;
  }

  /** Results of the tasks that this one has sent. */
  async children(): Promise<readonly AsyncResult[]> {
    const document = await this.#document();
    return (document?.children ?? []).map((id) => new AsyncResult(id, this.#source));
  }

  /** Removes the stored result. */
  forget(): Promise<void> {
    return this.#source.outlet.forgetResults([this.id]);
  }

  async #document(): Promise<ResultDocument | null> {
    const stored = await this.#source.outlet.fetchResult(this.id);
    return stored === null ? null : decodeResultDocument(stored.document);
  }
}
