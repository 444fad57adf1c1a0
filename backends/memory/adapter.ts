/** Entry of the memory backend for core/app/adapters.ts, which loads it by URL scheme. */
import type { Clock } from '../../core/kernel/clock.js';
import type { Random } from '../../core/kernel/random.js';
import type { Backend } from '../../core/ports/backend.js';
import { createMemoryBackend } from './memory-backend.js';

export interface BackendOptions {
  readonly url: string;
  readonly baseFolder: string;
  readonly clock: Clock;
  readonly random: Random;
  /** Read here: `resultExpires`, seconds or null. */
  readonly settings: Readonly<Record<string, unknown>>;
}

const DEFAULT_EXPIRES_S = 86_400;

export function createBackend(options: BackendOptions): Backend {
  const expires = options.settings['resultExpires'];
  const expiresS = expires === null || typeof expires === 'number' ? expires : DEFAULT_EXPIRES_S;
  return createMemoryBackend({ ...options, expiresMs: expiresS === null ? null : expiresS * 1_000 });
}
