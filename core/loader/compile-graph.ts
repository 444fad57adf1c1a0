/**
 * Compiles a TypeScript entry and the TypeScript (and JSON) that it reaches into the cache. Loaded by prepare-module on
 * a cache miss, with the compiler behind it. Never runs user code.
 *
 * A compiled module is named by the digest of its own code and of all that it reaches. So one URL always stands for
 * the same program: an edit makes new names from the edited file up to the entry and leaves the modules of running
 * workers alone, and entries that share a file share the instance. A file is *compiled* with stand-ins of the same length
 * in place of the names (source maps stay true) and *linked* by replacing them; an edit compiles one file and
 * links those above it.
 *
 *     objects/<digest of source>.json   code with stand-ins, its uses and what they meant
 *     modules/<name>.mjs|cjs (+ .map)   what is imported
 *     entries/<digest of path>.json     the manifest
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import { ConfigError, InvariantError } from '../kernel/errors.js';
import { type CacheFolder, writeWhole } from './cache-folder.js';
import { compileJson, compileSource, type EmittedSource, formatPosition } from './compile-source.js';
import { type EntryManifest, LOADER_FORMAT, writeManifest } from './entry-manifest.js';
import { FileWitness } from './file-witness.js';
import type { SpecifierUse } from './rewrite-emitted.js';
import { type SourceFile, SourceReader } from './source-file.js';
import { isJson } from './source-kind.js';
import { SpecifierResolver, type Target } from './specifier-resolver.js';

/** A use of another file and what it meant; null for a deferred use that resolved to nothing. */
interface ResolvedUse extends SpecifierUse {
  readonly target: Target | null;
}

interface CompiledObject extends EmittedSource {
  readonly uses: readonly ResolvedUse[];
}

interface GraphFile {
  readonly source: SourceFile;
  readonly object: CompiledObject;
  /** Paths of the graph that it imports. */
  readonly reaches: readonly string[];
}

export function compileGraph(entryPath: string, cache: CacheFolder): EntryManifest {
  const compiler = new GraphCompiler(cache);
  const graph = compiler.compile(entryPath);
  const modules = linkGraph(graph, cache);
  const manifest = { entryPath, modules, sightings: compiler.witness.sightings() };
  writeManifest(cache, manifest);
  return manifest;
}

class GraphCompiler {
  readonly witness = new FileWitness();
  readonly #cache: CacheFolder;
  readonly #sources: SourceReader;
  readonly #resolver: SpecifierResolver;

  constructor(cache: CacheFolder) {
    this.#cache = cache;
    this.#sources = new SourceReader(this.witness);
    this.#resolver = new SpecifierResolver(this.witness);
  }

  compile(entryPath: string): ReadonlyMap<string, GraphFile> {
    const graph = new Map<string, GraphFile>();
    const waiting = [entryPath];
    for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
      if (graph.has(path)) continue;
      const source = this.#sources.read(path);
      const object = this.#reuseObject(source) ?? this.#compileObject(source);
      const reaches = object.uses.flatMap((use) => (this.#isInGraph(use) ? [use.target.path] : []));
      graph.set(path, { source, object, reaches });
      waiting.push(...reaches);
    }
    return graph;
  }

  #isInGraph(use: ResolvedUse): use is ResolvedUse & { readonly target: { readonly path: string } } {
    return use.target !== null && use.target !== 'external' && this.#sources.isCompiled(use.target.path, use.mode);
  }

  /** The object of an earlier compilation, if its uses still mean the same files in the same formats. */
  #reuseObject(source: SourceFile): CompiledObject | null {
    let object: CompiledObject;
    try {
      object = JSON.parse(readFileSync(this.#objectPath(source), 'utf8')) as CompiledObject;
    } catch {
      return null;
    }
    const isSame = object.uses.every((use) => {
      const now = this.#resolveUse(use, source);
      return JSON.stringify(now) === JSON.stringify(use.target) && (now === null || this.#hasLink(object, use, now));
    });
    return isSame ? object : null;
  }

  /** A target whose format has changed has another extension, so the code no longer contains its link. */
  #hasLink(object: CompiledObject, use: SpecifierUse, target: Target): boolean {
    return object.code.includes(JSON.stringify(this.#linkText(use, target)).slice(1, -1));
  }

  #compileObject(source: SourceFile): CompiledObject {
    const uses: ResolvedUse[] = [];
    const link = (use: SpecifierUse): string | null => {
      const target = this.#resolveUse(use, source);
      uses.push({ ...use, target });
      return target === null ? null : this.#linkText(use, target);
    };
    const emitted = isJson(source.path)
      ? compileJson(source)
      : compileSource({
          source,
          link,
          cacheRoot: this.#cache.root,
          bindingUrl: new URL('./source-binding.js', import.meta.url),
        });
    const object: CompiledObject = { ...emitted, uses };
    writeWhole(this.#objectPath(source), JSON.stringify(object));
    return object;
  }

  #resolveUse(use: SpecifierUse, source: SourceFile): Target | null {
    try {
      return this.#resolver.resolve(use.specifier, { path: source.path, mapping: source.project.mapping }, use.mode);
    } catch (cause) {
      if (use.isDeferred) return null;
      const where = use.position === null ? source.path : formatPosition(source, use.position);
      throw new ConfigError(`${where}: cannot find "${use.specifier}": ${(cause as Error).message}`, { cause });
    }
  }

  #linkText(use: SpecifierUse, target: Target): string {
    if (target === 'external') return use.specifier;
    if (!this.#sources.isCompiled(target.path, use.mode)) {
      return use.mode === 'import' ? pathToFileURL(target.path).href + target.suffix : target.path;
    }
    const name = moduleName(this.#sources.read(target.path), standIn(target.path));
    // `require` of the compiled module may be bound to the place of the source: only an absolute path is safe.
    return use.mode === 'import' ? `./${name}${target.suffix}` : join(this.#cache.modules, name);
  }

  #objectPath(source: SourceFile): string {
    const key = [LOADER_FORMAT, ts.version, this.#cache.root, source.path, source.format, source.project, source.text];
    return join(this.#cache.objects, `${digest(JSON.stringify(key))}.json`);
  }
}

/** Gives every file its name, writes what is not there yet, and returns source path → file name. */
function linkGraph(graph: ReadonlyMap<string, GraphFile>, cache: CacheFolder): Record<string, string> {
  const names = new Map<string, string>();
  for (const path of graph.keys()) names.set(path, nameOf(path, graph));
  const modules: Record<string, string> = {};
  for (const [path, { source, object, reaches }] of graph) {
    let { code } = object;
    for (const target of new Set([path, ...reaches])) {
      code = code.replaceAll(standIn(target), names.get(target) ?? '');
    }
    const fileName = moduleName(source, names.get(path) ?? '');
    modules[path] = fileName;
    writeModule(join(cache.modules, fileName), code, object.map);
  }
  return modules;
}

function writeModule(path: string, code: string, map: string): void {
  if (existsSync(path)) return;
  if (map === '') return writeWhole(path, code);
  // The map first: whoever finds the module finds its map.
  writeWhole(`${path}.map`, map);
  writeWhole(path, `${code}//# sourceMappingURL=${basename(path)}.map\n`);
}

/** Digest of the file's own code and that of all it reaches, itself included when imports go round. */
function nameOf(path: string, graph: ReadonlyMap<string, GraphFile>): string {
  const reached = new Set<string>([path]);
  for (const one of reached) {
    for (const next of graph.get(one)?.reaches ?? []) reached.add(next);
  }
  const parts = [...reached].sort().map((one) => {
    const file = graph.get(one);
    if (file === undefined) throw new InvariantError(`${one} is missing in the module graph`);
    return `${one}\n${digest(file.object.code)}`;
  });
  return digest([path, ...parts].join('\n'));
}

/** Holds the place of a name until it is known; as long as a name, and found in no honest source. */
function standIn(path: string): string {
  return digest(`stand-in of ${path}`);
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

/** `<name of the source>.<digest>.<extension>`: the first part is for those who look at profiles. */
function moduleName(source: SourceFile, digestOrStandIn: string): string {
  const stem = basename(source.path, extname(source.path)).replaceAll(/[^\w-]/g, '_');
  const extension = isJson(source.path) ? '.json.mjs' : source.format === 'module' ? '.mjs' : '.cjs';
  return `${stem}.${digestOrStandIn}${extension}`;
}
