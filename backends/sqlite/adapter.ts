/** Entry of the SQLite backend for core/app/adapters.ts. */
import type { AdapterOptions } from '../../core/ports/adapter.js';
import type { Backend } from '../../core/ports/backend.js';
import { createSqliteBackend } from './sqlite-backend.js';

export function createBackend(options: AdapterOptions): Backend {
  return createSqliteBackend({ ...options, expiresMs: options.resultExpiresMs, maxCount: options.resultMaxCount });
}
