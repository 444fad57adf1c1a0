/** Writes result documents as a worker does, into any backend. */
import { TaskRevoked } from '../../core/kernel/errors.js';
import type { Backend } from '../../core/ports/backend.js';
import {
  failureDocument,
  retryDocument,
  revokedDocument,
  stateDocument,
  successDocument,
} from '../../core/task/result-documents.js';

export class ResultWriter {
  readonly backend: Backend;

  constructor(backend: Backend) {
    this.backend = backend;
  }

  succeed(taskId: string, value: unknown, children: readonly string[] = []): Promise<void> {
    return this.#store(taskId, 'SUCCESS', successDocument(value, subjectOf(taskId), { children, nowEpochMs: 0 }));
  }

  fail(taskId: string, error: unknown): Promise<void> {
    return this.#store(taskId, 'FAILURE', failureDocument(error, subjectOf(taskId), { children: [], nowEpochMs: 0 }));
  }

  retry(taskId: string, cause: unknown): Promise<void> {
    return this.#store(taskId, 'RETRY', retryDocument(cause, subjectOf(taskId), { children: [], nowEpochMs: 0 }));
  }

  revoke(taskId: string, reason = 'revoked'): Promise<void> {
    return this.#store(taskId, 'REVOKED', revokedDocument(new TaskRevoked(reason), subjectOf(taskId), 0));
  }

  progress(taskId: string, state: string, meta: unknown): Promise<void> {
    return this.#store(taskId, state, stateDocument(state, meta, subjectOf(taskId)));
  }

  /** Any document. */
  document(taskId: string, fields: Readonly<Record<string, unknown>>): Promise<void> {
    return this.#store(taskId, String(fields['status']), JSON.stringify(fields));
  }

  #store(taskId: string, state: string, text: string): Promise<void> {
    return this.backend.store([{ taskId, state, document: Buffer.from(text) }]);
  }
}

function subjectOf(id: string): { id: string; groupId: null; parentId: null } {
  return { id, groupId: null, parentId: null };
}
