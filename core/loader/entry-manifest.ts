/**
 * The manifest of an entry: what was seen when it was compiled and which modules came out. A start whose manifest still
 * holds loads no compiler and no resolver. Runs on the host, and in a member that imports a module by a computed name.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CacheFolder, writeWhole } from './cache-folder.js';
import { type Sighting, stillHolds } from './file-witness.js';

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

export function writeManifest(cache: CacheFolder, manifest: EntryManifest): void {
  writeWhole(manifestPath(cache, manifest.entryPath), JSON.stringify(manifest));
}

/** Flags of this process that change which file a specifier means. */
export function resolutionFlags(): string {
  const flags = process.execArgv.filter((flag) => /^(-C|--conditions|--no-addons|--preserve-symlinks)/.test(flag));
  return [...flags, process.env['NODE_OPTIONS'] ?? ''].join(' ');
}

function manifestPath(cache: CacheFolder, entryPath: string): string {
  const key = [LOADER_FORMAT, process.version, resolutionFlags(), entryPath].join('\n');
  return join(cache.entries, `${createHash('sha1').update(key).digest('hex')}.json`);
}

function readManifest(path: string): EntryManifest | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as EntryManifest;
  } catch {
    return null;
  }
}
