/**
 * Ready results that this process has read, so that asking again costs no read (BKE-28): a ready result hardly ever
 * changes. Used by ResultClient; switched off unless `resultCacheMax` says otherwise.
 */
import { READY_STATES } from '../kernel/states.js';
import type { StoredResult } from '../ports/backend.js';

export class ResultCache {
  readonly #maxCount: number;
  /** The last used is last. */
  readonly #results = new Map<string, StoredResult>();

  /** @param maxCount `Infinity` keeps all */
  constructor(maxCount: number) {
    this.#maxCount = maxCount;
  }

  /** Cache for the setting `resultCacheMax`: -1 is none, 0 and null are without bound. */
  static of(resultCacheMax: number | null): ResultCache | null {
    if (resultCacheMax === -1) return null;
    return new ResultCache(resultCacheMax === null || resultCacheMax === 0 ? Infinity : resultCacheMax);
  }

  get(taskId: string): StoredResult | null {
    const found = this.#results.get(taskId);
    if (found === undefined) return null;
    this.#results.delete(taskId);
    this.#results.set(taskId, found);
    return found;
  }

  /** Keeps a ready result; the one that was longest not asked for goes. */
  note(result: StoredResult): void {
    if (!READY_STATES.has(result.state)) return;
    this.#results.delete(result.taskId);
    this.#results.set(result.taskId, result);
    if (this.#results.size <= this.#maxCount) return;
    for (const taskId of this.#results.keys()) {
      this.#results.delete(taskId);
      return;
    }
  }

  forget(taskIds: readonly string[]): void {
    for (const taskId of taskIds) this.#results.delete(taskId);
  }
}
