/**
 * Where compiled modules are kept: beside the project's packages, like other tools do, or in a folder of the user where
 * the project cannot be written. Used before a module is prepared, on the host (and in a member for a computed import).
 * Files are written whole or not at all, so that several processes may compile the same module at once.
 */
import { accessSync, constants, lstatSync, mkdirSync, realpathSync, renameSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ConfigError } from '../kernel/errors.js';
import { systemRandom } from '../kernel/random.js';
import { pathKind } from './path-kind.js';

/** A folder that may hold a cache, whether it is there or not. */
export interface CachePlace {
  readonly path: string;
  /** In a place that others may write the folder must be ours alone: its content is run as code. */
  readonly mustBeOwn: boolean;
}

export interface CacheFolder {
  readonly root: string;
  /** Compiled modules, named by the digest of all that they reach. */
  readonly modules: string;
  /** Compiled sources before linking. */
  readonly objects: string;
  /** Manifests, one an entry. */
  readonly entries: string;
}

/** Places for a source file, best first: `<nearest node_modules>/.cache/celeriac`, then private folders of the user. */
export function cachePlacesOf(sourcePath: string): readonly CachePlace[] {
  const home = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const user = String(process.getuid?.() ?? 'user');
  const ofUser = [join(home, 'celeriac'), join(tmpdir(), `celeriac-${user}`)].map((path) => ({
    path,
    mustBeOwn: true,
  }));
  for (let folder = dirname(sourcePath); ; folder = dirname(folder)) {
    const packages = join(folder, 'node_modules');
    if (pathKind(packages) === 'folder') {
      return [{ path: join(packages, '.cache', 'celeriac'), mustBeOwn: false }, ...ofUser];
    }
    if (folder === dirname(folder)) return ofUser;
  }
}

/** The cache of a place for reading: null when there is none, or none to be trusted. */
export function openExisting(place: CachePlace): CacheFolder | null {
  if (pathKind(place.path) !== 'folder' || (place.mustBeOwn && !isOwn(place.path))) return null;
  return cacheFolderIn(place.path);
}

/**
 * The first cache that can be written; it is made if need be.
 * @throws ConfigError when there is none.
 */
export function openWritable(places: readonly CachePlace[]): CacheFolder {
  for (const place of places) {
    const cache = tryOpenWritable(place);
    if (cache !== null) return cache;
  }
  throw new ConfigError(
    `no folder can be written for compiled TypeScript; tried ${places.map(({ path }) => path).join(', ')}`,
  );
}

/** Replaces a file in one step: a reader sees the old or the new text, never a part. */
export function writeWhole(path: string, text: string): void {
  const draft = `${path}.${systemRandom.float().toString(36).slice(2)}.tmp`;
  writeFileSync(draft, text);
  renameSync(draft, path);
}

function cacheFolderIn(path: string): CacheFolder {
  const root = realpathSync(path);
  return { root, modules: join(root, 'modules'), objects: join(root, 'objects'), entries: join(root, 'entries') };
}

function tryOpenWritable(place: CachePlace): CacheFolder | null {
  try {
    mkdirSync(place.path, { recursive: true, mode: place.mustBeOwn ? 0o700 : 0o777 });
    if (place.mustBeOwn && !isOwn(place.path)) return null;
    const cache = cacheFolderIn(place.path);
    for (const folder of [cache.modules, cache.objects, cache.entries]) {
      mkdirSync(folder, { recursive: true });
      accessSync(folder, constants.W_OK);
    }
    return cache;
  } catch {
    return null;
  }
}

/** A folder, not a link, of this user, that nobody else may write. Windows has no such bits: its places are private. */
function isOwn(path: string): boolean {
  const stats = lstatSync(path);
  if (!stats.isDirectory()) return false;
  if (process.getuid === undefined) return true;
  return stats.uid === process.getuid() && (stats.mode & 0o022) === 0;
}
