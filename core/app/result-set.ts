/**
 * Results of several tasks as one (RES-20..23): asked for and waited for together. Members are handles, groups among
 * them, each once. Client, host and member.
 */
import type { RevokeOptions } from '../control/control-client.js';
import type { ControlReplies } from '../control/control-reply.js';
import { ConfigError } from '../kernel/errors.js';
import { READY_STATES, State } from '../kernel/states.js';
import { refuseJoinInTask } from '../task/join-allowance.js';
import { readLeaves, resultArrivals } from './result-arrivals.js';
import type { GetOptions, ResultLeaf, ResultMeta, ResultNode, ResultSource } from './result-node.js';

export class ResultSet<R = unknown> {
  /** @internal */
  protected readonly source: ResultSource;
  readonly #members = new Map<string, ResultNode<R>>();

  /** @internal */
  constructor(results: Iterable<ResultNode<R>>, source: ResultSource) {
    this.source = source;
    this.update(results);
  }

  /** The members in the order in which they were added. */
  get results(): readonly ResultNode<R>[] {
    return [...this.#members.values()];
  }

  get size(): number {
    return this.#members.size;
  }

  has(result: ResultNode | string): boolean {
    return this.#members.has(idOf(result));
  }

  /** Adds a member that is not there yet. */
  add(result: ResultNode<R>): void {
    if (!this.#members.has(result.id)) this.#members.set(result.id, result);
  }

  update(results: Iterable<ResultNode<R>>): void {
    for (const result of results) this.add(result);
  }

  /** @throws ConfigError when it is not a member. */
  remove(result: ResultNode | string): void {
    if (!this.discard(result)) throw new ConfigError(`task ${idOf(result)} is not in the result set`);
  }

  /** Removes it if it is a member; whether it was. */
  discard(result: ResultNode | string): boolean {
    return this.#members.delete(idOf(result));
  }

  clear(): void {
    this.#members.clear();
  }

  [Symbol.iterator](): Iterator<ResultNode<R>> {
    return this.#members.values();
  }

  /** Each member with its value, as they become ready. @throws as `iterate` */
  [Symbol.asyncIterator](): AsyncGenerator<readonly [result: ResultNode<R>, value: R]> {
    return this.iterate();
  }

  /** As the loop `for await (const [result, value] of set)`, with options. @throws as `get` */
  async *iterate(options: GetOptions = {}): AsyncGenerator<readonly [result: ResultNode<R>, value: R]> {
    refuseUnlessAllowed(options);
    const { propagate = true } = options;
    for await (const node of resultArrivals(this.results, this.source, options)) {
      yield [node, await node.get({ propagate, followParents: false, disableSyncSubtasks: false })];
    }
  }

  /** Id and meta of each task as they become ready, those of groups within too; failures are states here (RES-23). */
  async *iterNative(options: GetOptions = {}): AsyncGenerator<readonly [taskId: string, meta: ResultMeta]> {
    refuseUnlessAllowed(options);
    const tasks = this.leaves().map((leaf) => ({ leaf, leaves: () => [leaf] }));
    for await (const { leaf } of resultArrivals(tasks, this.source, options)) {
      if (leaf.settled !== null) yield [leaf.id, leaf.settled];
    }
  }

  /** The values of all, in the order of the members; `joinNative`, as every outlet can read in batches. @throws as it */
  get(options: GetOptions = {}): Promise<readonly R[]> {
    return this.joinNative(options);
  }

  /**
   * Waits for one after the other; `timeoutMs` holds for all together. With `callback` the list is empty: it has had the
   * values (RES-21).
   * @throws the error of the first in order that failed; TimeoutError; ConfigError inside a task
   */
  async join(options: GetOptions = {}): Promise<readonly R[]> {
    refuseUnlessAllowed(options);
    const { timeoutMs = null, callback, ...rest } = options;
    const { clock } = this.source;
    const endMs = timeoutMs === null ? null : clock.nowMonoMs() + timeoutMs;
    const values: R[] = [];
    for (const node of this.results) {
      const leftMs = endMs === null ? null : Math.max(0, endMs - clock.nowMonoMs());
      const value = await node.get({ ...rest, timeoutMs: leftMs, disableSyncSubtasks: false });
      if (callback === undefined) values.push(value);
      else callback(node.id, value);
    }
    return values;
  }

  /**
   * Waits for all at once and takes them as they come; values are in the order of the members, or go to `callback` as
   * they come and the list is empty (RES-22).
   * @throws the error of the first that failed in time; TimeoutError; ConfigError inside a task
   */
  async joinNative(options: GetOptions = {}): Promise<readonly R[]> {
    const { callback } = options;
    const values = new Map<ResultNode<R>, R>();
    for await (const [node, value] of this.iterate(options)) {
      if (callback === undefined) values.set(node, value);
      else callback(node.id, value);
    }
    return this.results.filter((node) => values.has(node)).map((node) => values.get(node) as R);
  }

  /** Whether all have succeeded. */
  async successful(): Promise<boolean> {
    return (await this.#metas()).every(isSuccess);
  }

  /** Whether any has failed. */
  async failed(): Promise<boolean> {
    return (await this.#metas()).some(({ state }) => state === State.FAILURE);
  }

  /** Whether any is not ready. */
  async waiting(): Promise<boolean> {
    return !(await this.ready());
  }

  /** Whether all are ready. */
  async ready(): Promise<boolean> {
    return (await this.#metas()).every(({ state }) => READY_STATES.has(state));
  }

  /** Number of members that have succeeded. */
  async completedCount(): Promise<number> {
    await this.#metas();
    return this.results.filter((node) => node.leaves().every(({ settled }) => settled !== null && isSuccess(settled)))
      .length;
  }

  /** What is there now, in order. @throws the error of the first that has failed */
  async maybeThrow(options: Pick<GetOptions, 'propagate' | 'callback'> = {}): Promise<readonly R[]> {
    const values: R[] = [];
    for (const node of this.results) values.push(await node.maybeThrow(options));
    return values;
  }

  /** Removes the stored results of all. */
  async forget(): Promise<void> {
    for (const node of this.results) await node.forget();
  }

  /** Tells all workers not to run the tasks in it (RES-08); with `terminate` those that run are ended. */
  revoke(options: RevokeOptions = {}): Promise<ControlReplies> {
    return this.source.control().revoke(
      this.leaves().map(({ id }) => id),
      options,
    );
  }

  /** Revokes what carries one of these stamps (WORK-62), on all workers. */
  revokeByStampedHeaders(
    headers: Readonly<Record<string, string | readonly string[]>>,
    options: RevokeOptions = {},
  ): Promise<ControlReplies> {
    return this.source.control().revokeByStampedHeaders(headers, options);
  }

  equals(other: unknown): boolean {
    return (
      other instanceof ResultSet &&
      other.size === this.size &&
      other.results.every((node, i) => node.equals(this.results[i]))
    );
  }

  /** @internal */
  leaves(): readonly ResultLeaf[] {
    return this.results.flatMap((node) => node.leaves());
  }

  /** States of all tasks, those that may have changed by one read. */
  #metas(): Promise<readonly ResultMeta[]> {
    return readLeaves(this.leaves(), this.source);
  }
}

function idOf(result: ResultNode | string): string {
  return typeof result === 'string' ? result : result.id;
}

function isSuccess({ state }: Pick<ResultMeta, 'state'>): boolean {
  return state === State.SUCCESS;
}

function refuseUnlessAllowed({ disableSyncSubtasks = true }: GetOptions): void {
  if (disableSyncSubtasks) refuseJoinInTask('results');
}
