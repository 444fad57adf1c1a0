/**
 * The results behind `memory://NAME`, shared by every backend of that name in this process; gone with the last of them.
 * Runs on the host thread.
 */
import { READY_STATES, State } from '../../core/kernel/states.js';
import type { StoredResult } from '../../core/ports/backend.js';

export type OnResult = (result: StoredResult) => void;

/** How long what is stored stays. */
export interface Retention {
  readonly nowEpochMs: number;
  readonly expiresEpochMs: number | null;
  /** null keeps any number. */
  readonly maxCount: number | null;
}

interface Entry {
  readonly result: StoredResult;
  readonly expiresEpochMs: number | null;
}

/** Name → store: what makes two backends of one name meet. */
const stores = new Map<string, MemoryStore>();

export class MemoryStore {
  readonly #name: string;
  /** In the order of the last store, so the oldest come first. */
  readonly #entries = new Map<string, Entry>();
  readonly #watchers = new Map<string, Set<OnResult>>();
  #users = 0;

  private constructor(name: string) {
    this.#name = name;
  }

  /** Each `open` needs one `close`. */
  static open(name: string): MemoryStore {
    const store = stores.get(name) ?? new MemoryStore(name);
    stores.set(name, store);
    store.#users++;
    return store;
  }

  close(): void {
    if (--this.#users === 0) stores.delete(this.#name);
  }

  /** Stores unless something final stands (D4), and removes the oldest that have expired or are too many. */
  put(result: StoredResult, retention: Retention): void {
    const { nowEpochMs, expiresEpochMs, maxCount } = retention;
    this.removeExpired(nowEpochMs);
    const standing = this.#entries.get(result.taskId)?.result.state;
    if (standing === State.SUCCESS) return;
    if (standing !== undefined && READY_STATES.has(standing) && !READY_STATES.has(result.state)) return;
    const copy = { ...result, document: Uint8Array.from(result.document) };
    this.#entries.delete(result.taskId);
    this.#entries.set(result.taskId, { result: copy, expiresEpochMs });
    if (maxCount !== null) this.#removeOldest(maxCount);
    for (const notify of [...(this.#watchers.get(result.taskId) ?? [])]) notify(copy);
  }

  get(taskId: string, nowEpochMs: number): StoredResult | null {
    const entry = this.#entries.get(taskId);
    if (entry === undefined || (entry.expiresEpochMs !== null && entry.expiresEpochMs <= nowEpochMs)) return null;
    return entry.result;
  }

  delete(taskId: string): void {
    this.#entries.delete(taskId);
  }

  watch(taskId: string, notify: OnResult): void {
    const watchers = this.#watchers.get(taskId) ?? new Set<OnResult>();
    this.#watchers.set(taskId, watchers.add(notify));
  }

  unwatch(taskId: string, notify: OnResult): void {
    const watchers = this.#watchers.get(taskId);
    watchers?.delete(notify);
    if (watchers?.size === 0) this.#watchers.delete(taskId);
  }

  /** Stops at the first that has not expired: all have the same lifetime, so the oldest come first. */
  removeExpired(nowEpochMs: number): number {
    const before = this.#entries.size;
    for (const [taskId, { expiresEpochMs }] of this.#entries) {
      if (expiresEpochMs === null || expiresEpochMs > nowEpochMs) break;
      this.#entries.delete(taskId);
    }
    return before - this.#entries.size;
  }

  #removeOldest(maxCount: number): void {
    for (const taskId of this.#entries.keys()) {
      if (this.#entries.size <= maxCount) return;
      this.#entries.delete(taskId);
    }
  }
}
