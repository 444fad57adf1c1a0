/**
 * Removes what the cache no longer needs: modules, objects and drafts that no manifest names and that are older than a
 * worker is likely to run. Called after a compilation, when the cache has grown.
 */
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { CacheFolder } from './cache-folder.js';
import { type EntryManifest, readManifest } from './entry-manifest.js';
import { pathKind } from './path-kind.js';

/** A worker may start members from modules that an edit has replaced; after so long it has been started anew. */
const KEPT_MS = 30 * 24 * 3600 * 1000;

/** Called right after a manifest was written: its time is "now" by the clock of the file system. */
export function pruneCache(cache: CacheFolder): void {
  const entries = filesIn(cache.entries).map((path) => ({ path, manifest: readManifest(path) }));
  const isInUse = ({ manifest }: { manifest: EntryManifest | null }): boolean =>
    manifest !== null && pathKind(manifest.entryPath) === 'file';
  const names = entries.filter(isInUse).flatMap(({ manifest }) => Object.values(manifest?.modules ?? {}));
  const named = new Set(names.map((name) => join(cache.modules, name)));
  const unnamed = [...filesIn(cache.modules), ...filesIn(cache.objects)].filter(
    (path) => !named.has(path.replace(/\.map$/, '')),
  );
  const unused = entries.filter((entry) => !isInUse(entry)).map(({ path }) => path);
  const nowEpochMs = Math.max(...entries.map(({ path }) => mtimeOf(path) ?? 0));
  for (const path of [...unnamed, ...unused]) {
    // Another process may prune at the same time: what is gone already is no error.
    if (nowEpochMs - (mtimeOf(path) ?? nowEpochMs) > KEPT_MS) rmSync(path, { force: true });
  }
}

function mtimeOf(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? null;
}

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder).map((name) => join(folder, name));
}
