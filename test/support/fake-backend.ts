/** A Backend that keeps results in a map, records its calls and fails when told to. */
import {
  GROUP_STATE,
  groupKey,
  type Backend,
  type BackendCapabilities,
  type StoredResult,
  type Watch,
} from '../../core/ports/backend.js';

export class FakeBackend implements Backend {
  readonly capabilities: BackendCapabilities;
  readonly address = 'fake://backend';
  readonly results = new Map<string, StoredResult>();
  /** Batches given to `store`, the failed ones too. */
  readonly stores: (readonly StoredResult[])[] = [];
  /** Asked before each store: the error with which it fails, or null. */
  failure: (batch: readonly StoredResult[]) => Error | null = () => null;
  readonly #watchers = new Map<string, Set<(result: StoredResult) => void>>();

  /** Ids given to `fetch`. */
  readonly fetches: (readonly string[])[] = [];
  /** Asked before each fetch, as `failure`. */
  readFailure: () => Error | null = () => null;

  constructor(options: { readonly push?: boolean } = {}) {
    this.capabilities = { push: options.push ?? true, persistent: false, shared: false, autoExpires: false };
  }

  /** Watches that were not stopped. */
  get watches(): number {
    return [...this.#watchers.values()].reduce((sum, watchers) => sum + watchers.size, 0);
  }

  connect(): Promise<void> {
    return Promise.resolve();
  }

  store(batch: readonly StoredResult[]): Promise<void> {
    this.stores.push(batch);
    const error = this.failure(batch);
    if (error !== null) return Promise.reject(error);
    for (const result of batch) {
      this.results.set(result.taskId, result);
      for (const tell of this.#watchers.get(result.taskId) ?? []) tell(result);
    }
    return Promise.resolve();
  }

  fetch(taskIds: readonly string[]): Promise<readonly (StoredResult | null)[]> {
    this.fetches.push(taskIds);
    const error = this.readFailure();
    if (error !== null) return Promise.reject(error);
    return Promise.resolve(taskIds.map((id) => this.results.get(id) ?? null));
  }

  /** Calls at once when the result is there, the earliest that the port allows. */
  watch(taskId: string, onResult: (result: StoredResult) => void): Watch {
    const watchers = this.#watchers.get(taskId) ?? new Set();
    this.#watchers.set(taskId, watchers.add(onResult));
    const present = this.results.get(taskId);
    if (present !== undefined) onResult(present);
    return { stop: () => watchers.delete(onResult) };
  }

  forget(taskIds: readonly string[]): Promise<void> {
    for (const id of taskIds) this.results.delete(id);
    return Promise.resolve();
  }

  saveGroup(groupId: string, document: Uint8Array): Promise<void> {
    return this.store([{ taskId: groupKey(groupId), state: GROUP_STATE, document }]);
  }

  fetchGroup(groupId: string): Promise<Uint8Array | null> {
    return Promise.resolve(this.results.get(groupKey(groupId))?.document ?? null);
  }

  deleteGroup(groupId: string): Promise<void> {
    return this.forget([groupKey(groupId)]);
  }

  cleanup(): Promise<number> {
    return Promise.resolve(0);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
