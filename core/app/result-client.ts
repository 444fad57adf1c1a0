/**
 * The half of a direct outlet that reads, awaits and stores results: straight to the app's backend, which is opened when
 * first needed. Client and host.
 */
import type { Clock } from '../kernel/clock.js';
import type { Random } from '../kernel/random.js';
import type { Backend, StoredResult } from '../ports/backend.js';
import type { Settings } from '../settings/table.js';
import type { AwaitOptions, Outlet } from '../task/outlet.js';
import type { Connections } from './connections.js';
import { ResultCache } from './result-cache.js';
import { ResultPoller } from './result-poller.js';
import { ResultRetries, type ResultRetriesOptions } from './result-retries.js';
import { ResultWait, type WaitPlace } from './result-wait.js';

export interface ResultClientOptions {
  readonly connections: Pick<Connections, 'backend' | 'openedBackend'>;
  readonly settings: ResultRetriesOptions['settings'] & Pick<Settings, 'resultCacheMax'>;
  readonly clock: Clock;
  readonly random: Random;
}

export class ResultClient implements Omit<Outlet, 'publish'> {
  readonly #options: ResultClientOptions;
  readonly #retries: ResultRetries;
  readonly #cache: ResultCache | null;
  readonly #waits = new Set<ResultWait>();
  #place: PlaceOfBackend | null = null;

  constructor(options: ResultClientOptions) {
    this.#options = options;
    this.#retries = new ResultRetries(options);
    this.#cache = ResultCache.of(options.settings.resultCacheMax);
  }

  async fetchResults(taskIds: readonly string[]): Promise<readonly (StoredResult | null)[]> {
    const backend = await this.#options.connections.backend();
    const fetch = (ids: readonly string[]): Promise<readonly (StoredResult | null)[]> =>
      this.#retries.insist('read', () => backend.fetch(ids));
    const cache = this.#cache;
    if (cache === null) return fetch(taskIds);
    const known = new Map(taskIds.map((taskId) => [taskId, cache.get(taskId)]));
    const missing = taskIds.filter((taskId) => known.get(taskId) === null);
    for (const result of missing.length === 0 ? [] : await fetch(missing)) {
      if (result === null) continue;
      known.set(result.taskId, result);
      cache.note(result);
    }
    return taskIds.map((taskId) => known.get(taskId) ?? null);
  }

  awaitResult(taskId: string, options: AwaitOptions): Promise<StoredResult> {
    const known = this.#cache?.get(taskId) ?? null;
    if (known !== null && options.unlike === null) return Promise.resolve(known);
    const backend = this.#options.connections.openedBackend;
    const awaited =
      backend === null
        ? this.#options.connections.backend().then((opened) => this.#wait(opened, taskId, options))
        : this.#wait(backend, taskId, options);
    const cache = this.#cache;
    if (cache === null) return awaited;
    return awaited.then((result) => {
      cache.note(result);
      return result;
    });
  }

  async storeResult(result: StoredResult): Promise<void> {
    const backend = await this.#options.connections.backend();
    await this.#retries.insist('store', () => backend.store([result]));
  }

  async forgetResults(taskIds: readonly string[]): Promise<void> {
    this.#cache?.forget(taskIds);
    const backend = await this.#options.connections.backend();
    await backend.forget(taskIds);
  }

  async saveGroup(groupId: string, document: Uint8Array): Promise<void> {
    const backend = await this.#options.connections.backend();
    await this.#retries.insist('store', () => backend.saveGroup(groupId, document));
  }

  async fetchGroup(groupId: string): Promise<Uint8Array | null> {
    const backend = await this.#options.connections.backend();
    return this.#retries.insist('read', () => backend.fetchGroup(groupId));
  }

  async deleteGroup(groupId: string): Promise<void> {
    const backend = await this.#options.connections.backend();
    await backend.deleteGroup(groupId);
  }

  async cleanUpResults(): Promise<number> {
    const backend = await this.#options.connections.backend();
    return backend.cleanup();
  }

  /** Ends every wait for a result. */
  close(): void {
    this.#retries.close();
    for (const wait of this.#waits) wait.abandon();
  }

  #wait(backend: Backend, taskId: string, options: AwaitOptions): Promise<StoredResult> {
    if (this.#place?.backend !== backend) this.#place = this.#placeOf(backend);
    return new ResultWait(taskId, options, this.#place).ended;
  }

  /** Made once for a backend, not for each wait. */
  #placeOf(backend: Backend): PlaceOfBackend {
    const common = { backend, clock: this.#options.clock, open: this.#waits };
    if (backend.capabilities.push) return { ...common, watch: (id, onResult) => backend.watch(id, onResult) };
    const poller = new ResultPoller(backend, this.#options.clock);
    return { ...common, watch: (id, onResult, intervalMs) => poller.watch(id, intervalMs, onResult) };
  }
}

interface PlaceOfBackend extends WaitPlace {
  readonly backend: Backend;
}
