/**
 * Compiles a TypeScript entry and the TypeScript (and JSON) that it reaches into the cache. Loaded by prepare-module on
 * a cache miss, with the compiler behind it. Never runs user code.
 *
 * A compiled module is named by the digest of its own code and of all that it reaches. So one URL always stands for
 * the same program: an edit makes new names from the edited file up to the entry and leaves the modules of running
 * workers alone, and entries that share a file share the instance. A file is *compiled* with stand-ins of the same
 * length in place of the digests (source maps stay true) and *linked* by replacing them; an edit compiles one file
 * and links those above it.
 *
 *     objects/<digest of source>.json   code with stand-ins, its uses and what they meant
 *     modules/<name>.mjs|cjs (+ .map)   what is imported
 *     entries/<digest of path>.json     the manifest
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import { ConfigError } from '../kernel/errors.js';
import { type CacheFolder, writeWhole } from './cache-folder.js';
import { compileJson, compileSource, type EmittedSource, formatPosition } from './compile-source.js';
import { type EntryManifest, LOADER_FORMAT, replaceManifest } from './entry-manifest.js';
import { FileWitness } from './file-witness.js';
import { type GraphFile, linkGraph } from './link-graph.js';
import { digestOf, moduleName, standInFor } from './module-name.js';
import { pruneCache } from './prune-cache.js';
import type { SpecifierUse } from './rewrite-emitted.js';
import { type SourceFile, SourceReader } from './source-file.js';
import { isJson } from './source-kind.js';
import { SpecifierResolver, type Target } from './specifier-resolver.js';
import { type FindFile, TypeExports } from './type-exports.js';

/** What compiled modules call at run time. */
const BINDING_URL = new URL('./source-binding.js', import.meta.url);

/** A use of another file and what it meant; null for a deferred use that resolved to nothing. */
interface ResolvedUse extends SpecifierUse {
  readonly target: Target | null;
  /** Name of the target's module with its stand-in; null where the target is loaded from its own place. */
  readonly link: string | null;
}

/** A compiled file as it is kept between compilations. */
interface CompiledObject extends EmittedSource {
  readonly uses: readonly ResolvedUse[];
  readonly answers: readonly TypeAnswer[];
}

/** Whether a name that the file imports or exports again was a type. */
interface TypeAnswer {
  readonly specifier: string;
  readonly name: string;
  readonly isType: boolean;
}

/**
 * @param entryPath real path of a TypeScript file.
 * @throws ConfigError when a file cannot be read, has a syntax error, or imports what cannot be resolved.
 */
export function compileGraph(entryPath: string, cache: CacheFolder): EntryManifest {
  const compiler = new GraphCompiler(cache);
  const modules = linkGraph(compiler.compile(entryPath), cache);
  const manifest = { entryPath, modules, sightings: compiler.witness.sightings() };
  replaceManifest(cache, manifest);
  pruneCache(cache);
  return manifest;
}

class GraphCompiler {
  readonly witness = new FileWitness();
  readonly #cache: CacheFolder;
  readonly #sources: SourceReader;
  readonly #resolver: SpecifierResolver;
  readonly #types: TypeExports;

  constructor(cache: CacheFolder) {
    this.#cache = cache;
    this.#sources = new SourceReader(this.witness);
    this.#resolver = new SpecifierResolver(this.witness);
    this.#types = new TypeExports((path) => this.#sources.read(path).text, this.#findFile);
  }

  /** Source path → compiled file, for all that the entry reaches. */
  compile(entryPath: string): ReadonlyMap<string, GraphFile> {
    const graph = new Map<string, GraphFile>();
    const waiting = [entryPath];
    for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
      if (graph.has(path)) continue;
      const source = this.#sources.read(path);
      const object = this.#reuseObject(source) ?? this.#compileObject(source);
      const reaches = object.uses.flatMap(({ link, target }) =>
        link === null || target === null || target === 'external' ? [] : [target.path],
      );
      graph.set(path, { source, emitted: object, reaches });
      waiting.push(...reaches);
    }
    return graph;
  }

  /** The object of an earlier compilation, if its uses still mean the same files, compiled to the same formats. */
  #reuseObject(source: SourceFile): CompiledObject | null {
    let object: CompiledObject;
    try {
      object = JSON.parse(readFileSync(this.#objectPath(source), 'utf8')) as CompiledObject;
    } catch {
      return null;
    }
    const isSame =
      object.uses.every((use) => JSON.stringify(this.#resolveUse(use, source)) === JSON.stringify(use)) &&
      object.answers.every((answer) => this.#types.isType(source.path, answer) === answer.isType);
    return isSame ? object : null;
  }

  #compileObject(source: SourceFile): CompiledObject {
    const uses: ResolvedUse[] = [];
    const link = (use: SpecifierUse): string | null => {
      const resolved = this.#resolveUse(use, source);
      uses.push(resolved);
      return this.#textFor(resolved);
    };
    const answers: TypeAnswer[] = [];
    const isType = (specifier: string, name: string): boolean => {
      const answer = { specifier, name, isType: this.#types.isType(source.path, { specifier, name }) };
      answers.push(answer);
      return answer.isType;
    };
    const emitted = isJson(source.path)
      ? compileJson(source)
      : compileSource({ source, link, isType, cacheRoot: this.#cache.root, bindingUrl: BINDING_URL });
    const object: CompiledObject = { ...emitted, uses, answers };
    writeWhole(this.#objectPath(source), JSON.stringify(object));
    return object;
  }

  readonly #findFile: FindFile = (fromPath, specifier) => {
    const { mapping } = this.#sources.read(fromPath).project;
    try {
      const target = this.#resolver.resolve(specifier, { path: fromPath, mapping }, 'import');
      return target === 'external' ? null : target.path;
    } catch {
      // Said when the import is linked, if it is still there then.
      return null;
    }
  };

  #resolveUse(use: SpecifierUse, source: SourceFile): ResolvedUse {
    const { specifier, mode, isDeferred, position } = use;
    const target = this.#findTarget(use, source);
    return { specifier, mode, isDeferred, position, target, link: this.#linkTo(target, use) };
  }

  #findTarget(use: SpecifierUse, source: SourceFile): Target | null {
    try {
      return this.#resolver.resolve(use.specifier, { path: source.path, mapping: source.project.mapping }, use.mode);
    } catch (cause) {
      if (use.isDeferred) return null;
      const where = use.position === null ? source.path : formatPosition(source, use.position);
      throw new ConfigError(`${where}: cannot find "${use.specifier}": ${(cause as Error).message}`, { cause });
    }
  }

  #linkTo(target: Target | null, use: SpecifierUse): string | null {
    if (target === null || target === 'external' || !this.#sources.isCompiled(target.path, use.mode)) return null;
    return moduleName(target.path, this.#sources.read(target.path).format, standInFor(target.path));
  }

  /** What the code says in place of the specifier. */
  #textFor({ specifier, mode, target, link }: ResolvedUse): string | null {
    if (target === null) return null;
    if (target === 'external') return specifier;
    if (link === null) return mode === 'import' ? pathToFileURL(target.path).href + target.suffix : target.path;
    // `require` may be bound to the place of the source: only an absolute path is safe there.
    return mode === 'import' ? `./${link}${target.suffix}` : join(this.#cache.modules, link);
  }

  #objectPath(source: SourceFile): string {
    const { path, format, project, text } = source;
    const key = [LOADER_FORMAT, BINDING_URL.href, ts.version, this.#cache.root, path, format, project, text];
    return join(this.#cache.objects, `${digestOf(JSON.stringify(key))}.json`);
  }
}
