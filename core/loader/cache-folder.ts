/**
 * Where compiled modules are kept: beside the project's packages, like other tools do, or in a folder of the user where
 * the project cannot be written. Runs on the host before a module is prepared. Files are written whole or not at all,
 * so that several processes may compile the same module at once.
 */
import { accessSync, constants, lstatSync, mkdirSync, realpathSync, renameSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ConfigError } from '../kernel/errors.js';
import { pathKind } from './path-kind.js';

export interface CacheFolder {
  readonly root: string;
  /** Compiled modules, named by the digest of all that they reach. */
  readonly modules: string;
  /** Compiled sources before linking. */
  readonly objects: string;
  /** Manifests, one an entry. */
  readonly entries: string;
}

/**
 * The cache for a source file: `<nearest node_modules>/.cache/celeriac`, else a private folder of the user.
 * @throws ConfigError when no place can be written.
 */
export function findCacheFolder(sourcePath: string): CacheFolder {
  const candidates = [...projectCaches(sourcePath), ...userCaches()];
  for (const candidate of candidates) {
    const root = openFolder(candidate);
    if (root !== null) return cacheFolderAt(root);
  }
  throw new ConfigError(
    `no folder can be written for compiled TypeScript; tried ${candidates.map((one) => one.path).join(', ')}`,
  );
}

/** The cache at a given folder, which is made if it is missing. */
export function cacheFolderAt(root: string): CacheFolder {
  const names = { modules: join(root, 'modules'), objects: join(root, 'objects'), entries: join(root, 'entries') };
  for (const path of Object.values(names)) mkdirSync(path, { recursive: true });
  const real = realpathSync(root);
  return { root: real, modules: join(real, 'modules'), objects: join(real, 'objects'), entries: join(real, 'entries') };
}

/** Replaces a file in one step: a reader sees the old or the new text, never a part. */
export function writeWhole(path: string, text: string): void {
  const draft = `${path}.${String(process.pid)}-${String(draftCount++)}.tmp`;
  writeFileSync(draft, text);
  renameSync(draft, path);
}

/** Makes names of drafts differ between the calls of one thread; threads differ by `performance.timeOrigin`. */
let draftCount = Math.trunc(performance.timeOrigin * 1000) % 1e9;

interface CachePlace {
  readonly path: string;
  /** A folder in a place that others may write must be ours alone: its content is run as code. */
  readonly mustBeOwn: boolean;
}

function projectCaches(sourcePath: string): readonly CachePlace[] {
  for (let folder = dirname(sourcePath); ; folder = dirname(folder)) {
    const packages = join(folder, 'node_modules');
    if (pathKind(packages) === 'folder') {
      return [{ path: join(packages, '.cache', 'celeriac'), mustBeOwn: false }];
    }
    if (folder === dirname(folder)) return [];
  }
}

function userCaches(): readonly CachePlace[] {
  const home = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const user = String(process.getuid?.() ?? 'user');
  return [
    { path: join(home, 'celeriac'), mustBeOwn: true },
    { path: join(tmpdir(), `celeriac-${user}`), mustBeOwn: true },
  ];
}

/** The folder, made if need be; null when it cannot be written or trusted. */
function openFolder(place: CachePlace): string | null {
  try {
    mkdirSync(place.path, { recursive: true, ...(place.mustBeOwn ? { mode: 0o700 } : {}) });
    accessSync(place.path, constants.W_OK);
    return place.mustBeOwn && !isOwn(place.path) ? null : place.path;
  } catch {
    return null;
  }
}

function isOwn(path: string): boolean {
  const stats = lstatSync(path);
  if (!stats.isDirectory()) return false;
  if (process.getuid === undefined) return true;
  return stats.uid === process.getuid() && (stats.mode & 0o022) === 0;
}
