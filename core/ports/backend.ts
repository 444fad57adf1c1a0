/**
 * Port to a result store. Documents are Celery's meta documents (protocol.md §7.2) as JSON bytes, made and read by
 * `core/protocol/result-document.ts`; a backend does not look inside. Runs on the host thread and never blocks it.
 * Errors are `BackendError`.
 */

export interface BackendCapabilities {
  /** Watchers hear of a result without polling. */
  readonly push: boolean;
  /** Results outlive this process. */
  readonly persistent: boolean;
  /** Other processes see the same results. */
  readonly shared: boolean;
}

export interface StoredResult {
  readonly taskId: string;
  /** The document's `status`, beside it so that nobody has to decode the document for it. */
  readonly state: string;
  readonly document: Uint8Array;
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
  /** Closes within `timeoutMs`; harmless when called twice. */
  close(timeoutMs: number): Promise<void>;
}
