/** Entry of the memory backend for core/app/adapters.ts. */
import type { AdapterOptions } from '../../core/ports/adapter.js';
import type { Backend } from '../../core/ports/backend.js';
import { createMemoryBackend } from './memory-backend.js';

export function createBackend(options: AdapterOptions): Backend {
  return createMemoryBackend({ ...options, expiresMs: options.resultExpiresMs, maxCount: options.resultMaxCount });
}
