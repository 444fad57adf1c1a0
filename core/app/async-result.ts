/**
 * Handle of a task's result (features.md §7): knows the id, asks the backend. Never thenable: to await a call waits for
 * the broker's confirm, not for the task (RES-09). Client, host and member.
 */
import type { RevokeOptions } from '../control/control-client.js';
import type { ControlReplies } from '../control/control-reply.js';
import { ConfigError } from '../kernel/errors.js';
import { keepHiddenClass } from '../kernel/hidden-class.js';
import { PROPAGATE_STATES, READY_STATES, State } from '../kernel/states.js';
import type { StoredResult } from '../ports/backend.js';
import type { ResultTuple } from '../protocol/result-tuple.js';
import { refuseJoinInTask } from '../task/join-allowance.js';
import { stateDocument } from '../task/result-documents.js';
import { ABORTED } from '../task/task-context.js';
import { pendingMeta, readMeta } from './result-meta.js';
import type { GetOptions, ResultLeaf, ResultMeta, ResultNode, ResultSource } from './result-node.js';
import { ResultGraph, resultTree, type GraphOptions, type TreeOptions } from './result-graph.js';
import { awaitReady, resultUpdates, type WaitOptions } from './result-updates.js';
import { keepVigil } from './result-vigil.js';

export interface AsyncResultOptions {
  /** The result before it in a chain. */
  readonly parent?: ResultNode | null;
  /** Name of the task, where it is known. */
  readonly name?: string | null;
  /** The call stores no result. */
  readonly isIgnored?: boolean;
}

const NO_OPTIONS: AsyncResultOptions = {};

export class AsyncResult<R = unknown> implements ResultNode<R>, ResultLeaf {
  readonly id: string;
  readonly parent: ResultNode | null;
  /** Whether the call stores no result (CALL-27). */
  readonly ignored: boolean;
  readonly #name: string | null;
  readonly #source: ResultSource;
  #settled: ResultMeta | null = null;

  /** @internal */
  constructor(id: string, source: ResultSource, options: AsyncResultOptions = NO_OPTIONS) {
    this.id = id;
    this.#source = source;
    this.parent = options.parent ?? null;
    this.ignored = options.isIgnored ?? false;
    this.#name = options.name ?? null;
  }

  get taskId(): string {
    return this.id;
  }

  /**
   * Waits for the task to end and resolves with its result; with null at once when the call stores none (RES-03). To stop
   * waiting does not stop the task.
   * @throws the task's own error when its class is registered, `RemoteTaskError` otherwise; `TaskRevoked`;
   * `TimeoutError` after `timeoutMs`; the signal's reason; ConfigError inside a task (RES-06) or without a backend.
   */
  async get(options: GetOptions = {}): Promise<R> {
    if (this.ignored) return null as R;
    if (options.disableSyncSubtasks !== false) refuseJoinInTask('a result');
    return this.#conclude(this.#settled ?? (await this.#await(options)), options);
  }

  /** `get` under the name by which a wait reads well: `await result.wait()` (RES-09). */
  wait(options: GetOptions = {}): Promise<R> {
    return this.get(options);
  }

  /** The states of the task as they come, until the ready one (CALL-45). @throws as `get`, but never the task's error */
  updates(options: WaitOptions = {}): AsyncGenerator<ResultMeta, void, undefined> {
    checkInterval(options);
    return resultUpdates(this, this.#source, options);
  }

  /** Everything that is stored about the task, read now or, once it is ready, remembered (RES-12). */
  async meta(): Promise<ResultMeta> {
    if (this.#settled !== null) return this.#settled;
    const [stored = null] = await this.#source.outlet.fetchResults([this.id]);
    return this.absorb(stored);
  }

  /** The present state; PENDING also for an id that nobody knows. */
  async state(): Promise<string> {
    return (await this.meta()).state;
  }

  status(): Promise<string> {
    return this.state();
  }

  /** Result, error or progress data of the present state; null while PENDING. */
  async info(): Promise<unknown> {
    return (await this.meta()).result;
  }

  result(): Promise<unknown> {
    return this.info();
  }

  /** Stack or traceback of a failed task at the other side; null when there is none. */
  async traceback(): Promise<string | null> {
    return (await this.meta()).traceback;
  }

  /** Results of what this task has sent, groups among them. */
  async children(): Promise<readonly ResultNode[]> {
    return (await this.meta()).children;
  }

  /** Name of the task: as given here, else as stored with `resultExtended`. */
  async name(): Promise<string | null> {
    return this.#name ?? (await this.meta()).name;
  }

  /** Stored with `resultExtended`, as the next four. */
  async args(): Promise<unknown> {
    return (await this.meta()).args;
  }

  async kwargs(): Promise<unknown> {
    return (await this.meta()).kwargs;
  }

  /** Name of the node that ran the task. */
  async worker(): Promise<string | null> {
    return (await this.meta()).worker;
  }

  async retries(): Promise<number | null> {
    return (await this.meta()).retries;
  }

  /** Routing key by which the task came. */
  async queue(): Promise<string | null> {
    return (await this.meta()).queue;
  }

  /** When the task ended; null before. */
  async dateDone(): Promise<Date | null> {
    return (await this.meta()).dateDone;
  }

  async ready(): Promise<boolean> {
    return READY_STATES.has(await this.state());
  }

  async successful(): Promise<boolean> {
    return (await this.state()) === State.SUCCESS;
  }

  async failed(): Promise<boolean> {
    return (await this.state()) === State.FAILURE;
  }

  /** Whether the backend holds a record of the task. */
  async exists(): Promise<boolean> {
    const [stored = null] = await this.#source.outlet.fetchResults([this.id]);
    return stored !== null;
  }

  /** What is there now: throws the error of a task that has failed, else resolves with result or progress data. */
  async maybeThrow(options: Pick<GetOptions, 'propagate' | 'callback'> = {}): Promise<R> {
    return this.#conclude(await this.meta(), options);
  }

  maybeReraise(options: Pick<GetOptions, 'propagate' | 'callback'> = {}): Promise<R> {
    return this.maybeThrow(options);
  }

  /** Throws `error` in the name of this task. */
  throw(error: Error): never {
    throw error;
  }

  /** Removes the stored results of this task and of those before it in its chain. */
  async forget(): Promise<void> {
    this.#settled = null;
    await this.parent?.forget();
    await this.#source.outlet.forgetResults([this.id]);
  }

  /**
   * Asks the task to stop by writing the state ABORTED: one that looks (`ctx.isAborted()`) ends itself (TASK-74). Works
   * without remote control, and only with a result backend.
   */
  async abort(): Promise<void> {
    const document = stateDocument(ABORTED, null, { id: this.id, groupId: null, parentId: null });
    await this.#source.outlet.storeResult({ taskId: this.id, state: ABORTED, document: Buffer.from(document) });
  }

  async isAborted(): Promise<boolean> {
    return (await this.state()) === ABORTED;
  }

  /** Tells all workers not to run the task (RES-08); with `terminate` it is ended where it runs. */
  revoke(options: RevokeOptions = {}): Promise<ControlReplies> {
    return this.#source.control().revoke(this.id, options);
  }

  /** Revokes what carries one of these stamps (WORK-62), on all workers. */
  revokeByStampedHeaders(
    headers: Readonly<Record<string, string | readonly string[]>>,
    options: RevokeOptions = {},
  ): Promise<ControlReplies> {
    return this.#source.control().revokeByStampedHeaders(headers, options);
  }

  /**
   * This result and those of all that its task has led to, breadth first, each with the one that led to it.
   * @throws IncompleteStream at one that is not ready, unless `intermediate`
   */
  iterdeps(options: TreeOptions = {}): AsyncGenerator<readonly [parent: ResultNode | null, node: ResultNode]> {
    return resultTree(this, options);
  }

  /** The values of that tree. @throws as `iterdeps` and as `get` */
  async *collect(
    options: TreeOptions & GetOptions = {},
  ): AsyncGenerator<readonly [result: ResultNode, value: unknown]> {
    for await (const [, node] of resultTree(this, options)) yield [node, await node.get(options)];
  }

  /** Value of the last result of that tree. @throws as `iterdeps` and as `get` */
  async getLeaf(options: GetOptions = {}): Promise<unknown> {
    let value: unknown = null;
    for await (const [, node] of resultTree(this, {})) value = await node.get(options);
    return value;
  }

  /** That tree as a graph, which can be drawn. @throws as `iterdeps` */
  buildGraph(options: TreeOptions & GraphOptions = {}): Promise<ResultGraph> {
    return ResultGraph.build(this, options);
  }

  equals(other: unknown): boolean {
    return other === this.id || (other instanceof AsyncResult && other.id === this.id);
  }

  /** Its id and those before it in the chain. */
  asList(): readonly string[] {
    const ids = [this.id];
    for (let { parent } = this as ResultNode; parent !== null; { parent } = parent) ids.push(parent.id);
    return ids;
  }

  asTuple(): ResultTuple {
    return [[this.id, this.parent?.asTuple() ?? null], null];
  }

  /** What a task that returns the handle, or takes it as an argument, finds: the tuple, as with Celery. */
  toJSON(): ResultTuple {
    return this.asTuple();
  }

  toString(): string {
    return this.id;
  }

  /** @internal */
  get settled(): ResultMeta | null {
    return this.#settled;
  }

  /** @internal */
  absorb(stored: StoredResult | null): ResultMeta {
    if (stored === null) return pendingMeta(this.id);
    const meta = readMeta(this.id, stored, this.#source);
    if (READY_STATES.has(meta.state)) this.#settled = meta;
    return meta;
  }

  /** @internal */
  leaves(): readonly ResultLeaf[] {
    return [this];
  }

  #await(options: GetOptions): Promise<ResultMeta> {
    checkInterval(options);
    const { propagate = true, followParents = true, onInterval } = options;
    const mindsParents = propagate && followParents && this.parent !== null;
    if (!mindsParents && onInterval === undefined) return awaitReady(this, this.#source, options);
    return keepVigil({
      source: this.#source,
      parents: mindsParents ? this.#parents() : [],
      get: options,
      wait: (wait) => awaitReady(this, this.#source, wait),
    });
  }

  #parents(): readonly ResultNode[] {
    const parents: ResultNode[] = [];
    for (let { parent } = this as ResultNode; parent !== null; { parent } = parent) parents.unshift(parent);
    return parents;
  }

  #conclude(meta: ResultMeta, { propagate = true, callback }: Pick<GetOptions, 'propagate' | 'callback'>): R {
    if (propagate && PROPAGATE_STATES.has(meta.state)) throw meta.result as Error;
    callback?.(this.id, meta.result);
    return meta.result as R;
  }
}

/** A backend that cannot push would be read without pause. */
function checkInterval({ intervalMs }: Pick<GetOptions, 'intervalMs'>): void {
  if (intervalMs !== undefined && !(intervalMs > 0)) throw new ConfigError('intervalMs must be more than 0');
}

const NOBODY: unknown = Object.freeze({});
keepHiddenClass(new AsyncResult('', NOBODY as ResultSource));
