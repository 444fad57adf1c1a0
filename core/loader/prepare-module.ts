/**
 * Turns the URL of a task module into one that every thread of this process, and of others, can import as plain
 * JavaScript. Called on the host before it starts members; members get the URL. With a warm cache it only compares
 * files; the compiler and the resolver are loaded on a miss. It never imports the module itself.
 */
import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ConfigError } from '../kernel/errors.js';
import { type CacheFolder, cachePlacesOf, openExisting, openWritable } from './cache-folder.js';
import { type EntryManifest, readHoldingManifest } from './entry-manifest.js';
import { pathKind } from './path-kind.js';
import { isTypeScript, sourceCandidates } from './source-kind.js';

export interface PrepareOptions {
  /**
   * Absolute path of the folder for compiled modules. Modules that must share instances (an app imported by two
   * entries) must be prepared into the same one: pass `PreparedModule.cacheFolder` on.
   * @defaultValue `.cache/celeriac` in the nearest `node_modules`, else a private folder of the user
   */
  readonly cacheFolder?: string;
}

export interface PreparedModule {
  /** Import this: JavaScript, in the host and in members alike. */
  readonly url: URL;
  /** The file that was asked for, after the choice between source and built file. */
  readonly sourceUrl: URL;
  /** Paths of the TypeScript (and JSON) files that were compiled; empty where the module is JavaScript already. */
  readonly sourceFiles: readonly string[];
  /** Where the compiled modules are; null where nothing was compiled. */
  readonly cacheFolder: string | null;
}

/**
 * Compiles the module and the TypeScript that it reaches, unless the cache has it.
 * @throws ConfigError when the file is missing, has a syntax error or imports what cannot be resolved.
 */
export async function prepareModule(entry: URL, options: PrepareOptions = {}): Promise<PreparedModule> {
  const plan = planModule(entry, options);
  if ('ready' in plan) return plan.ready;
  // Lazy on purpose: the compiler costs 0.6 s, the resolver 15 ms, and a warm start needs neither.
  const { compileGraph } = await import('./compile-graph.js');
  return describeCompiled(plan.path, plan.cache, compileGraph(plan.path, plan.cache));
}

/** As `prepareModule`, for a `require` that cannot wait. */
export function prepareModuleSync(entry: URL, options: PrepareOptions = {}): PreparedModule {
  const plan = planModule(entry, options);
  if ('ready' in plan) return plan.ready;
  const { compileGraph } = loadNow('./compile-graph.js') as typeof import('./compile-graph.js');
  return describeCompiled(plan.path, plan.cache, compileGraph(plan.path, plan.cache));
}

const loadNow = createRequire(import.meta.url);

type Plan = { readonly ready: PreparedModule } | { readonly path: string; readonly cache: CacheFolder };

function planModule(entry: URL, options: PrepareOptions): Plan {
  const path = findSource(entry);
  if (!isTypeScript(path)) {
    const url = withSuffix(pathToFileURL(path), entry);
    return { ready: { url, sourceUrl: url, sourceFiles: [], cacheFolder: null } };
  }
  const places =
    options.cacheFolder === undefined ? cachePlacesOf(path) : [{ path: options.cacheFolder, mustBeOwn: false }];
  // A cache that was filled when an image was built serves a process that may not write it.
  for (const place of places) {
    const cache = openExisting(place);
    const manifest = cache === null ? null : readHoldingManifest(cache, path);
    if (cache !== null && manifest !== null) return { ready: describeCompiled(path, cache, manifest) };
  }
  return { path, cache: openWritable(places) };
}

/** Real path of what the URL means: the source, or the built file where only that is there. */
function findSource(entry: URL): string {
  if (entry.protocol !== 'file:') {
    throw new ConfigError(`a module must be a file: URL, not ${entry.href}`);
  }
  const path = fileURLToPath(new URL(entry.pathname, entry));
  const exact = [path, ...sourceCandidates(path)];
  const found = exact.find((candidate) => pathKind(candidate) === 'file');
  if (found === undefined) throw new ConfigError(`module ${path} does not exist`);
  return realpathSync(found);
}

function withSuffix(url: URL, entry: URL): URL {
  url.search = entry.search;
  url.hash = entry.hash;
  return url;
}

function describeCompiled(path: string, cache: CacheFolder, manifest: EntryManifest): PreparedModule {
  const name = manifest.modules[path];
  if (name === undefined) throw new ConfigError(`the cache in ${cache.root} is damaged: remove it`);
  return {
    url: pathToFileURL(join(cache.modules, name)),
    sourceUrl: pathToFileURL(path),
    sourceFiles: Object.keys(manifest.modules),
    cacheFolder: cache.root,
  };
}
