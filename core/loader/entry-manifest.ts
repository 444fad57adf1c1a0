/**
 * The manifest of an entry: what was seen when it was compiled and which modules came out. A start whose manifest still
 * holds loads no compiler and no resolver. Runs on the host, and in a member that imports a module by a computed name.
 */
import { existsSync, readFileSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { type CacheFolder, writeWhole } from './cache-folder.js';
import { type Sighting, stillHolds } from './file-witness.js';
import { importConditions } from './import-conditions.js';
import { digestOf } from './module-name.js';

/** Counts changes of what the loader writes; an older cache is compiled anew. */
export const LOADER_FORMAT = 1;

export interface EntryManifest {
  readonly entryPath: string;
  /** Source path → name of its compiled module in `modules`. */
  readonly modules: Readonly<Record<string, string>>;
  readonly sightings: readonly Sighting[];
}

/** The manifest of an entry if all it saw is still so and all its modules are there; else null. */
export function readHoldingManifest(cache: CacheFolder, entryPath: string): EntryManifest | null {
  const manifest = readManifest(manifestPath(cache, entryPath));
  if (manifest?.entryPath !== entryPath) return null;
  const isComplete = Object.values(manifest.modules).every((name) => existsSync(join(cache.modules, name)));
  return isComplete && manifest.sightings.every(stillHolds) ? manifest : null;
}

/** Replaces the manifest of an entry; the modules that only the old one named count as fresh, since workers run them. */
export function replaceManifest(cache: CacheFolder, manifest: EntryManifest): void {
  const path = manifestPath(cache, manifest.entryPath);
  const replaced = readManifest(path);
  writeWhole(path, JSON.stringify(manifest));
  const now = statSync(path).mtime;
  for (const name of Object.values(replaced?.modules ?? {})) refresh(join(cache.modules, name), now);
}

function refresh(path: string, now: Date): void {
  for (const file of [path, `${path}.map`]) if (existsSync(file)) utimesSync(file, now, now);
}

function manifestPath(cache: CacheFolder, entryPath: string): string {
  // Compiled modules import source-binding from beside this file, so another copy of celeriac needs its own.
  const key = [LOADER_FORMAT, import.meta.url, process.version, ...importConditions(), entryPath].join('\n');
  return join(cache.entries, `${digestOf(key)}.json`);
}

/** As it was written, whether it holds or not; null when there is none. */
export function readManifest(path: string): EntryManifest | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as EntryManifest;
  } catch {
    return null;
  }
}
