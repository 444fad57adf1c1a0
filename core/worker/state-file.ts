/**
 * The state of a worker that outlives it (`workerStateDb`, WORK-64): the revoked set, as JSON. It is merged at start and
 * replaced whole at an orderly end. A file that cannot be read is set aside with a reason, never overwritten. Host thread.
 *
 *     {"format":"celeriac-worker-state","version":1,"revoked":{"ids":[["id",epochMs]…],"stamps":[["[header,value]",epochMs]…]}}
 */
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ConfigError } from '../kernel/errors.js';
import type { RevokedRecord } from './revoked-tasks.js';

const FORMAT = 'celeriac-worker-state';
const VERSION = 1;

export interface LoadedState {
  readonly revoked: RevokedRecord;
  /** Why the file could not be used and where it is now; null when all is well. */
  readonly complaint: string | null;
}

const NOTHING: RevokedRecord = { ids: [], stamps: [] };

/** @throws ConfigError when the file exists and cannot be opened, or is of a later version. */
export async function loadState(path: string): Promise<LoadedState> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (isMissing(error)) return null;
    throw new ConfigError(`the state file ${path} cannot be read: ${messageOf(error)}`, { cause: error });
  });
  if (text === null) return { revoked: NOTHING, complaint: null };
  const revoked = parseState(text, path);
  if (revoked !== null) return { revoked, complaint: null };
  const aside = `${path}.corrupt`;
  await rename(path, aside);
  return { revoked: NOTHING, complaint: `the state file ${path} is damaged; it is kept as ${aside}` };
}

/** Written beside it, flushed, and renamed over it: a reader sees the old or the new one. @throws Error of the file system */
export async function saveState(path: string, revoked: RevokedRecord): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${String(process.pid)}.new`;
  const file = await open(draft, 'w', 0o600);
  try {
    await file.writeFile(JSON.stringify({ format: FORMAT, version: VERSION, revoked }));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
}

/** null when it is not the file that `saveState` writes. @throws ConfigError for a later version. */
function parseState(text: string, path: string): RevokedRecord | null {
  let state: unknown;
  try {
    state = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof state !== 'object' || state === null) return null;
  const { format, version, revoked } = state as Record<string, unknown>;
  if (format !== FORMAT || typeof version !== 'number') return null;
  if (version > VERSION) {
    throw new ConfigError(
      `the state file ${path} is of version ${String(version)}; this celeriac reads ${String(VERSION)}`,
    );
  }
  if (typeof revoked !== 'object' || revoked === null) return null;
  const { ids, stamps } = revoked as Record<string, unknown>;
  return isTimes(ids) && isTimes(stamps) ? { ids, stamps } : null;
}

function isTimes(value: unknown): value is RevokedRecord['ids'] {
  return (
    Array.isArray(value) &&
    value.every(
      (entry) =>
        Array.isArray(entry) && typeof entry[0] === 'string' && Number.isFinite(entry[1]) && entry.length === 2,
    )
  );
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
