/**
 * Result backend in an SQLite file (`sqlite://`). Runs on the host thread; the SQL is in clients/sqlite, on the I/O
 * thread that a transport on the same file shares. Watchers are told by that thread, which hears a bell when another
 * process has stored something.
 */
import type { Clock } from '../../core/kernel/clock.js';
import { withDeadline } from '../../core/kernel/deadline.js';
import { BackendError, ConfigError, TimeoutError } from '../../core/kernel/errors.js';
import { READY_STATES } from '../../core/kernel/states.js';
import { TurnBatch } from '../../core/kernel/turn-batch.js';
import {
  GROUP_STATE,
  groupKey,
  type Backend,
  type BackendCapabilities,
  type StoredResult,
  type Watch,
} from '../../core/ports/backend.js';
import { parseDatabaseAddress, type DatabaseAddress } from '../../clients/sqlite/database-address.js';
import type { IoFailure, PackedRows } from '../../clients/sqlite/io-protocol.js';
import { packResults, unpackResults } from '../../clients/sqlite/packed-rows.js';
import { SqliteClient, type SqliteListener } from '../../clients/sqlite/sqlite-client.js';

export interface SqliteBackendOptions {
  readonly url: string;
  /** Folder at which a relative path starts: the app module's. */
  readonly baseFolder: string;
  readonly clock: Clock;
  /** Results are removed after this time, ms, unless the URL says otherwise; null keeps them. */
  readonly expiresMs: number | null;
  /** Only the last so many results are kept, a twentieth more at most; null keeps all. @defaultValue null */
  readonly maxCount?: number | null;
}

type OnResult = (result: StoredResult) => void;

const CAPABILITIES: BackendCapabilities = { push: true, persistent: true, shared: true, autoExpires: false };

/** Results that one transaction of a cleanup removes: others write in between. */
const CLEANUP_ROWS = 2_000;

/** Longest wait for another I/O thread, and the pause before the next try, ms. */
const RECONNECT_MS = 5_000;
const RETRY_MS = 1_000;

function toBackendError(failure: IoFailure): Error {
  if (failure.kind === 'config') return new ConfigError(failure.message);
  return new BackendError(failure.message, { isRetryable: failure.isRetryable });
}

class SqliteBackend implements Backend {
  readonly capabilities = CAPABILITIES;
  readonly address: string;
  readonly #location: DatabaseAddress;
  readonly #clock: Clock;
  readonly #watcher = SqliteClient.nextNumber();
  readonly #expiresMs: number | null;
  readonly #maxCount: number | null;
  readonly #watchers = new Map<string, Set<OnResult>>();
  readonly #listener: SqliteListener;
  readonly #watchChanges: TurnBatch<string>;
  /** Ids that the I/O thread watches for us. */
  readonly #watched = new Set<string>();
  #client: SqliteClient | null = null;
  /** The I/O thread has ended while we were connected; the next operation starts another. */
  #isLost = false;
  #reconnection: Promise<void> | null = null;

  constructor(options: SqliteBackendOptions) {
    this.#location = parseDatabaseAddress(options.url, options.baseFolder);
    this.#clock = options.clock;
    this.#expiresMs = this.#location.expiresMs === undefined ? options.expiresMs : this.#location.expiresMs;
    this.#maxCount = options.maxCount ?? null;
    this.address = `sqlite://${this.#location.path}`;
    this.#watchChanges = new TurnBatch((taskIds) => {
      this.#syncWatches(taskIds);
    });
    this.#listener = {
      onEvent: (event) => {
        if (event.kind === 'results') this.#announce(unpackResults(event.rows));
      },
      onEnd: () => {
        this.#client = null;
        this.#watched.clear();
        this.#isLost = true;
        // Whoever waits for a result asks for nothing any more: another thread must be told of the watches.
        if (this.#watchers.size > 0) this.#resume();
      },
    };
  }

  async connect(timeoutMs: number): Promise<void> {
    if (this.#client !== null) return;
    const client = SqliteClient.acquire(this.#location, this.#listener);
    try {
      await withDeadline(
        this.#clock,
        client.request({ kind: 'open' }, toBackendError),
        timeoutMs,
        `opening ${this.address}`,
      );
      this.#client = client;
      this.#isLost = false;
      this.#resumeWatches(client);
    } catch (error) {
      await client.close(this.#listener, { clock: this.#clock, timeoutMs });
      throw error instanceof TimeoutError ? new BackendError(error.message, { cause: error }) : error;
    }
  }

  async store(batch: readonly StoredResult[]): Promise<void> {
    const client = await this.#opened();
    if (batch.length === 0) return;
    const { meta, data } = packResults(batch, (state) => READY_STATES.has(state));
    const expiresEpochS =
      this.#expiresMs === null ? null : Math.ceil((this.#clock.nowEpochMs() + this.#expiresMs) / 1_000);
    const request = {
      kind: 'store',
      meta,
      data,
      count: batch.length,
      expiresEpochS,
      maxCount: this.#maxCount,
    } as const;
    await client.request(request, toBackendError, data.buffer as ArrayBuffer);
  }

  async fetch(taskIds: readonly string[]): Promise<readonly (StoredResult | null)[]> {
    const rows = await (await this.#opened()).request({ kind: 'fetch', taskIds }, toBackendError);
    const found = new Map(unpackResults(rows as PackedRows).map((result) => [result.taskId, result]));
    return taskIds.map((taskId) => found.get(taskId) ?? null);
  }

  watch(taskId: string, onResult: OnResult): Watch {
    if (this.#client === null && this.#isLost) this.#resume();
    else this.#open();
    const watchers = this.#watchers.get(taskId) ?? new Set<OnResult>();
    // Its own function, so that the same callback may watch twice.
    const notify: OnResult = (result) => {
      onResult(result);
    };
    watchers.add(notify);
    this.#watchers.set(taskId, watchers);
    // A second watcher of an id needs the present result too, so the id is asked for again.
    this.#watched.delete(taskId);
    this.#watchChanges.push(taskId);
    this.#client?.hold();
    return {
      stop: () => {
        if (!watchers.delete(notify)) return;
        this.#client?.release();
        if (watchers.size > 0 || this.#watchers.get(taskId) !== watchers) return;
        this.#watchers.delete(taskId);
        this.#watchChanges.push(taskId);
      },
    };
  }

  async forget(taskIds: readonly string[]): Promise<void> {
    await (await this.#opened()).request({ kind: 'forget', taskIds }, toBackendError);
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

  async cleanup(): Promise<number> {
    let removed = 0;
    for (;;) {
      const client = await this.#opened();
      const count = (await client.request(
        { kind: 'cleanup', maxRows: CLEANUP_ROWS, maxCount: this.#maxCount },
        toBackendError,
      )) as number;
      removed += count;
      if (count < CLEANUP_ROWS) return removed;
    }
  }

  async close(timeoutMs: number): Promise<void> {
    this.#isLost = false;
    await this.#reconnection?.catch(() => undefined);
    const client = this.#client;
    if (client === null) return;
    this.#client = null;
    for (const watchers of this.#watchers.values()) {
      for (const notify of watchers) {
        watchers.delete(notify);
        client.release();
      }
    }
    if (this.#watched.size > 0) {
      client
        .request({ kind: 'unwatch', watcher: this.#watcher, taskIds: [...this.#watched] }, toBackendError)
        .catch(() => undefined);
    }
    this.#watchers.clear();
    this.#watched.clear();
    await client.close(this.#listener, { clock: this.#clock, timeoutMs });
  }

  #open(): SqliteClient {
    if (this.#client === null) throw new BackendError(`${this.address} is not connected`, { isRetryable: false });
    return this.#client;
  }

  /** The client, after a loss the next one. One reconnection at a time: each `connect` is one more user of the thread. */
  async #opened(): Promise<SqliteClient> {
    if (this.#client === null && this.#isLost) await this.#reconnect();
    return this.#open();
  }

  #reconnect(): Promise<void> {
    this.#reconnection ??= this.connect(RECONNECT_MS).finally(() => {
      this.#reconnection = null;
    });
    return this.#reconnection;
  }

  /** Reconnects for the watches; tried again for as long as somebody watches. */
  #resume(): void {
    this.#reconnect().catch(() => {
      this.#clock.after(RETRY_MS, () => {
        if (this.#isLost && this.#watchers.size > 0) this.#resume();
      });
    });
  }

  #resumeWatches(client: SqliteClient): void {
    for (const [taskId, watchers] of this.#watchers) {
      for (let i = 0; i < watchers.size; i++) client.hold();
      this.#watchChanges.push(taskId);
    }
  }

  /** Tells the I/O thread what changed in this turn. */
  #syncWatches(taskIds: readonly string[]): void {
    const client = this.#client;
    if (client === null) return;
    const added: string[] = [];
    const removed: string[] = [];
    for (const taskId of new Set(taskIds)) {
      const isWanted = this.#watchers.has(taskId);
      if (isWanted === this.#watched.has(taskId)) continue;
      (isWanted ? added : removed).push(taskId);
      if (isWanted) this.#watched.add(taskId);
      else this.#watched.delete(taskId);
    }
    if (added.length > 0)
      client.request({ kind: 'watch', watcher: this.#watcher, taskIds: added }, toBackendError).catch(() => undefined);
    if (removed.length > 0)
      client
        .request({ kind: 'unwatch', watcher: this.#watcher, taskIds: removed }, toBackendError)
        .catch(() => undefined);
  }

  #announce(results: readonly StoredResult[]): void {
    for (const result of results) {
      const watchers = this.#watchers.get(result.taskId);
      if (watchers !== undefined) for (const notify of [...watchers]) notify(result);
    }
  }
}

/** @throws ConfigError for a URL without a file or with an unknown option. Opens nothing before `connect`. */
export function createSqliteBackend(options: SqliteBackendOptions): Backend {
  return new SqliteBackend(options);
}
