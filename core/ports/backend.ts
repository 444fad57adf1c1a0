/**
 * Port to a result store. Documents are Celery's meta documents (protocol.md §7.2) as bytes, made and read by
 * `core/protocol/result-document.ts`, as JSON unless the settings name another format; a backend does not look inside.
 * Runs on the host thread and never blocks it. Errors are `BackendError`.
 */

export interface BackendCapabilities {
  /** Watchers hear of a result without polling; else results are polled for and `watch` is not called (BKE-36). */
  readonly push: boolean;
  /** Results outlive this process. */
  readonly persistent: boolean;
  /** Other processes see the same results. */
  readonly shared: boolean;
  /** The store removes what has expired by itself; else `cleanup` has to be called now and then (BKE-29). */
  readonly autoExpires: boolean;
}

export interface StoredResult {
  readonly taskId: string;
  /** The document's `status`, beside it so that nobody has to decode the document for it. */
  readonly state: string;
  readonly document: Uint8Array;
}

/** State of the documents of groups, for stores that keep them beside the results. */
export const GROUP_STATE = 'GROUP';

/** Key of a group's document in such a store, Celery's (BKE-20): no task id of ours is like it. */
export function groupKey(groupId: string): string {
  return `celery-taskset-meta-${groupId}`;
}

export interface Watch {
  stop(): void;
}

export interface Backend {
  readonly capabilities: BackendCapabilities;
  /** The address for banner and errors: absolute, without password. */
  readonly address: string;
  connect(timeoutMs: number): Promise<void>;
  /**
   * Stores a batch; resolves when all are as durable as the store makes them. A stored SUCCESS is never overwritten,
   * a ready state never by an unready one (D4); storing the same again is harmless (D3).
   */
  store(batch: readonly StoredResult[]): Promise<void>;
  /** The stored results in the order of `taskIds`; null where there is none (the state is PENDING). */
  fetch(taskIds: readonly string[]): Promise<readonly (StoredResult | null)[]>;
  /**
   * Calls `onResult` with the present result, if any, and with each later state of the task, until stopped. It first
   * subscribes, then reads, so nothing falls between; the same state may come twice. A watch does keep the process
   * alive until it is stopped; a connected backend without watches does not.
   */
  watch(taskId: string, onResult: (result: StoredResult) => void): Watch;
  forget(taskIds: readonly string[]): Promise<void>;
  /** Keeps the document of a group (RES-24) under its id, as long as a result; replaces an earlier one. */
  saveGroup(groupId: string, document: Uint8Array): Promise<void>;
  /** The document of a group as it was saved; null when there is none. */
  fetchGroup(groupId: string): Promise<Uint8Array | null>;
  deleteGroup(groupId: string): Promise<void>;
  /** Removes everything that has expired (Celery's task `celery.backend_cleanup`); resolves with the number removed. */
  cleanup(): Promise<number>;
  /** Closes within `timeoutMs`; harmless when called twice. */
  close(timeoutMs: number): Promise<void>;
}
