/**
 * A backend whose documents are written in the format of the settings (BKE-21). Whoever makes documents makes JSON; here
 * they become what other programs expect to find. They are read as they are stored: `readMeta` decodes them, where an
 * error reaches the caller. Client and host, and only with settings other than the usual ones.
 */
import type { Backend, BackendCapabilities, StoredResult, Watch } from '../ports/backend.js';
import type { ResultFormat } from '../protocol/result-format.js';

export class FormattedBackend implements Backend {
  readonly #backend: Backend;
  readonly #format: ResultFormat;

  constructor(backend: Backend, format: ResultFormat) {
    this.#backend = backend;
    this.#format = format;
  }

  get capabilities(): BackendCapabilities {
    return this.#backend.capabilities;
  }

  get address(): string {
    return this.#backend.address;
  }

  connect(timeoutMs: number): Promise<void> {
    return this.#backend.connect(timeoutMs);
  }

  /** @throws EncodeError for a value that the serializer cannot carry: nothing of the batch is then stored. */
  async store(batch: readonly StoredResult[]): Promise<void> {
    const encoded = batch.map((result) => ({ ...result, document: this.#format.encode(result.document) }));
    await this.#backend.store(encoded);
  }

  fetch(taskIds: readonly string[]): Promise<readonly (StoredResult | null)[]> {
    return this.#backend.fetch(taskIds);
  }

  watch(taskId: string, onResult: (result: StoredResult) => void): Watch {
    return this.#backend.watch(taskId, onResult);
  }

  forget(taskIds: readonly string[]): Promise<void> {
    return this.#backend.forget(taskIds);
  }

  async saveGroup(groupId: string, document: Uint8Array): Promise<void> {
    await this.#backend.saveGroup(groupId, this.#format.encode(document));
  }

  fetchGroup(groupId: string): Promise<Uint8Array | null> {
    return this.#backend.fetchGroup(groupId);
  }

  deleteGroup(groupId: string): Promise<void> {
    return this.#backend.deleteGroup(groupId);
  }

  cleanup(): Promise<number> {
    return this.#backend.cleanup();
  }

  close(timeoutMs: number): Promise<void> {
    return this.#backend.close(timeoutMs);
  }
}
