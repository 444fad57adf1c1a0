/**
 * The requests about results within the I/O loop: store, fetch, forget and watch. A watcher is told by the host of the
 * ids; this class looks at what was stored since its last look, so ten thousand watched ids cost no more than one.
 */
import type { IoRequest } from './io-protocol.js';
import type { ResultTable } from './result-table.js';
import type { TransactionEffects } from './transaction-effects.js';

type RequestOf<K extends IoRequest['kind']> = Extract<IoRequest, { readonly kind: K }>;

const LOOK_COUNT = 500;

export class ResultOperations {
  readonly #results: ResultTable;
  /** Watcher (one a backend) → its ids; never an empty set. */
  readonly #watched = new Map<number, Set<string>>();
  #lastSeq = 0;

  constructor(results: ResultTable) {
    this.#results = results;
  }

  get hasWatches(): boolean {
    return this.#watched.size > 0;
  }

  store(request: RequestOf<'store'>, effects: TransactionEffects): void {
    this.#results.store(request, Date.now());
    effects.rows += request.count;
    effects.bytes += request.data.byteLength;
    effects.ringsResults = true;
  }

  fetch(taskIds: readonly string[]): ReturnType<ResultTable['fetch']> {
    return this.#results.fetch(taskIds, Date.now());
  }

  forget(taskIds: readonly string[], effects: TransactionEffects): void {
    this.#results.forget(taskIds);
    effects.rows += taskIds.length;
  }

  /** The number of results removed; fewer than `maxRows` when none is left to remove. */
  cleanup({ maxRows, maxCount }: RequestOf<'cleanup'>, effects: TransactionEffects): number {
    const expired = this.#results.expire(maxRows, Date.now());
    const count = expired + (maxCount === null ? 0 : this.#results.trim(maxCount, maxRows));
    effects.rows += count;
    return count;
  }

  /** First notes where the numbers stand, then reads what is there: a result between the two is found twice, never missed. */
  watch({ watcher, taskIds }: RequestOf<'watch'>, effects: TransactionEffects): void {
    if (!this.hasWatches) this.#lastSeq = this.#results.lastSeq();
    const ids = this.#watched.get(watcher) ?? new Set<string>();
    this.#watched.set(watcher, ids);
    for (const taskId of taskIds) ids.add(taskId);
    const rows = this.fetch(taskIds);
    if (rows.meta !== '[]') effects.events.push({ kind: 'results', rows });
  }

  unwatch({ watcher, taskIds }: RequestOf<'unwatch'>): void {
    const ids = this.#watched.get(watcher);
    if (ids === undefined) return;
    for (const taskId of taskIds) ids.delete(taskId);
    if (ids.size === 0) this.#watched.delete(watcher);
  }

  /** Adds what was stored since the last look; true when there may be more. */
  look(effects: TransactionEffects): boolean {
    if (!this.hasWatches) return false;
    const { rows, count, lastSeq } = this.#results.since(this.#lastSeq, LOOK_COUNT);
    if (count === 0) return false;
    this.#lastSeq = lastSeq;
    const meta = JSON.parse(rows.meta) as readonly (readonly [string, string, number])[];
    // Rows of others travel along when one is ours: cutting them out would cost more than the host's look-up.
    if (meta.some(([taskId]) => this.#isWatched(taskId))) effects.events.push({ kind: 'results', rows });
    return count === LOOK_COUNT;
  }

  #isWatched(taskId: string): boolean {
    for (const ids of this.#watched.values()) if (ids.has(taskId)) return true;
    return false;
  }
}
