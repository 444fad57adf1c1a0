/**
 * Reads `sqlite://` URLs: `sqlite://./queue.db` (relative to the folder of the app module), `sqlite:///var/queue.db`
 * (absolute), options in the query. Used by the SQLite transport and backend on the host thread; opens nothing.
 */
import { isAbsolute, resolve } from 'node:path';
import { ConfigError } from '../../core/kernel/errors.js';

export interface DatabaseAddress {
  /** Absolute path of the database file. */
  readonly path: string;
  /** `full`: a commit is on the disk before it is confirmed; `normal`: a power loss may take the last commits back. */
  readonly synchronous: 'full' | 'normal';
  /** A consumer that is not renewed for this long loses its deliveries, ms (`?lease=` in seconds). */
  readonly leaseMs: number;
  /** Results are removed after this time, ms (`?expires=` in seconds); null keeps them, undefined was not given. */
  readonly expiresMs: number | null | undefined;
}

const SCHEME = 'sqlite://';
const DEFAULT_LEASE_MS = 30_000;
const OPTIONS: readonly string[] = ['synchronous', 'lease', 'expires'];

/** @throws ConfigError when the URL has no path, or an option that is unknown or out of range. */
export function parseDatabaseAddress(url: string, baseFolder: string): DatabaseAddress {
  const rest = url.startsWith(SCHEME) ? url.slice(SCHEME.length) : url.replace(/^sqlite:/, '');
  const mark = rest.indexOf('?');
  const path = mark === -1 ? rest : rest.slice(0, mark);
  // What errors show: options may be another store's password.
  const shown = SCHEME + path;
  const rawPath = decodePath(path, shown);
  const query = new URLSearchParams(mark === -1 ? '' : rest.slice(mark + 1));
  for (const name of query.keys()) {
    if (!OPTIONS.includes(name)) {
      throw new ConfigError(`unknown option "${name}" in ${shown}; known are ${OPTIONS.join(', ')}`);
    }
  }
  return {
    path: isAbsolute(rawPath) ? resolve(rawPath) : resolve(baseFolder, rawPath),
    synchronous: readSynchronous(query.get('synchronous'), shown),
    leaseMs: readSeconds(query, 'lease', shown) ?? DEFAULT_LEASE_MS,
    expiresMs: query.get('expires') === 'never' ? null : (readSeconds(query, 'expires', shown) ?? undefined),
  };
}

function decodePath(text: string, shown: string): string {
  let path: string;
  try {
    path = decodeURIComponent(text);
  } catch (error) {
    throw new ConfigError(`the path in ${shown} is not percent-encoded correctly`, { cause: error });
  }
  if (path === '' || path.endsWith('/') || path.includes(':memory:')) {
    throw new ConfigError(`${shown} names no file; write sqlite://./queue.db or sqlite:///absolute/queue.db`);
  }
  return path;
}

function readSynchronous(value: string | null, shown: string): 'full' | 'normal' {
  if (value === null || value === 'full') return 'full';
  if (value === 'normal') return 'normal';
  throw new ConfigError(`synchronous=${value} in ${shown} is neither full nor normal`);
}

function readSeconds(query: URLSearchParams, name: string, shown: string): number | null {
  const value = query.get(name);
  if (value === null) return null;
  const seconds = Number(value);
  if (!(seconds > 0) || !Number.isFinite(seconds)) {
    throw new ConfigError(`${name}=${value} in ${shown} is not a positive number of seconds`);
  }
  return seconds * 1_000;
}
