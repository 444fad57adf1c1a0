/** Result backend within one process (`memory://`, `memory://NAME`). Runs on the host thread. */
import type { Clock, TimerHandle } from '../../core/kernel/clock.js';
import { BackendError } from '../../core/kernel/errors.js';
import {
  GROUP_STATE,
  groupKey,
  type Backend,
  type BackendCapabilities,
  type StoredResult,
  type Watch,
} from '../../core/ports/backend.js';
import { MemoryStore, type OnResult } from './memory-store.js';

export interface MemoryBackendOptions {
  readonly url: string;
  readonly clock: Clock;
  /** Results are removed after this time, ms; null keeps them. */
  readonly expiresMs: number | null;
  /** Only the last so many results are kept; null keeps all. @defaultValue null */
  readonly maxCount?: number | null;
}

const CAPABILITIES: BackendCapabilities = { push: true, persistent: false, shared: false, autoExpires: false };
/** Far beyond the life of a process: only there to keep it alive while somebody watches. */
const FOREVER_MS = 2 ** 31 - 1;

class MemoryBackend implements Backend {
  readonly capabilities = CAPABILITIES;
  readonly address: string;
  readonly #name: string;
  readonly #clock: Clock;
  readonly #expiresMs: number | null;
  readonly #maxCount: number | null;
  readonly #watches = new Set<Watch>();
  #store: MemoryStore | null = null;

  constructor(options: MemoryBackendOptions) {
    // A password has no meaning here; whoever wrote one must not read it again in a log (BKE-29).
    this.#name = options.url
      .replace(/^memory:(\/\/)?/, '')
      .replace(/\?.*$/, '')
      .replace(/^.*@/, '');
    this.#clock = options.clock;
    this.#expiresMs = options.expiresMs;
    this.#maxCount = options.maxCount ?? null;
    this.address = `memory://${this.#name}`;
  }

  connect(): Promise<void> {
    this.#store ??= MemoryStore.open(this.#name);
    return Promise.resolve();
  }

  store(batch: readonly StoredResult[]): Promise<void> {
    return this.#with((store) => {
      const nowEpochMs = this.#clock.nowEpochMs();
      const expiresEpochMs = this.#expiresMs === null ? null : nowEpochMs + this.#expiresMs;
      for (const result of batch) store.put(result, { nowEpochMs, expiresEpochMs, maxCount: this.#maxCount });
    });
  }

  fetch(taskIds: readonly string[]): Promise<readonly (StoredResult | null)[]> {
    return this.#with((store) => {
      const nowEpochMs = this.#clock.nowEpochMs();
      return taskIds.map((taskId) => store.get(taskId, nowEpochMs));
    });
  }

  watch(taskId: string, onResult: OnResult): Watch {
    const store = this.#open();
    const keepAlive: TimerHandle = this.#clock.after(FOREVER_MS, () => undefined);
    const notify: OnResult = (result) => {
      onResult(result);
    };
    store.watch(taskId, notify);
    const watch: Watch = {
      stop: () => {
        keepAlive.cancel();
        store.unwatch(taskId, notify);
        this.#watches.delete(watch);
      },
    };
    this.#watches.add(watch);
    // Not inside the call: the caller does not have its Watch yet.
    queueMicrotask(() => {
      const present = this.#watches.has(watch) ? store.get(taskId, this.#clock.nowEpochMs()) : null;
      if (present !== null) notify(present);
    });
    return watch;
  }

  forget(taskIds: readonly string[]): Promise<void> {
    return this.#with((store) => {
      for (const taskId of taskIds) store.delete(taskId);
    });
  }

  saveGroup(groupId: string, document: Uint8Array): Promise<void> {
    return this.store([{ taskId: groupKey(groupId), state: GROUP_STATE, document }]);
  }

  async fetchGroup(groupId: string): Promise<Uint8Array | null> {
    const [found = null] = await this.fetch([groupKey(groupId)]);
    return found === null ? null : found.document;
  }

  deleteGroup(groupId: string): Promise<void> {
    return this.forget([groupKey(groupId)]);
  }

  cleanup(): Promise<number> {
    return this.#with((store) => store.removeExpired(this.#clock.nowEpochMs()));
  }

  close(): Promise<void> {
    for (const watch of [...this.#watches]) watch.stop();
    this.#store?.close();
    this.#store = null;
    return Promise.resolve();
  }

  #open(): MemoryStore {
    if (this.#store === null) throw new BackendError(`${this.address} is not connected`, { isRetryable: false });
    return this.#store;
  }

  #with<T>(work: (store: MemoryStore) => T): Promise<T> {
    return new Promise((resolve) => {
      resolve(work(this.#open()));
    });
  }
}

export function createMemoryBackend(options: MemoryBackendOptions): Backend {
  return new MemoryBackend(options);
}
