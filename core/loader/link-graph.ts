/**
 * Gives every compiled file of a graph its name and writes what the cache has not got yet. Part of the compiler, which
 * is loaded on a cache miss only.
 */
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { InvariantError } from '../kernel/errors.js';
import { type CacheFolder, writeWhole } from './cache-folder.js';
import type { EmittedSource } from './compile-source.js';
import { digestOf, moduleName, standInFor } from './module-name.js';
import type { SourceFile } from './source-file.js';

export interface GraphFile {
  readonly source: SourceFile;
  readonly emitted: EmittedSource;
  /** Paths of the graph that it uses. */
  readonly reaches: readonly string[];
}

/** Source path → name of the module that was written for it. */
export function linkGraph(graph: ReadonlyMap<string, GraphFile>, cache: CacheFolder): Readonly<Record<string, string>> {
  const digests = digestGraph(graph);
  const modules: Record<string, string> = {};
  for (const [path, { source, emitted, reaches }] of graph) {
    let { code } = emitted;
    for (const target of new Set(reaches)) code = code.replaceAll(standInFor(target), digests.get(target) ?? '');
    const name = moduleName(path, source.format, digests.get(path) ?? '');
    modules[path] = name;
    writeModule(join(cache.modules, name), code, emitted.map);
  }
  return modules;
}

/** Of each file the digest of its own code and of all it reaches: itself as well when imports go round. */
function digestGraph(graph: ReadonlyMap<string, GraphFile>): ReadonlyMap<string, string> {
  const own = new Map([...graph].map(([path, { emitted }]) => [path, digestOf(`${path}\n${emitted.code}`)]));
  const digestFrom = (path: string): string => {
    const reached = new Set<string>([path]);
    for (const one of reached) {
      const file = graph.get(one);
      if (file === undefined) throw new InvariantError(`${one} is missing in the module graph`);
      for (const next of file.reaches) reached.add(next);
    }
    return digestOf([path, ...[...reached].sort().map((one) => own.get(one))].join('\n'));
  };
  return new Map([...graph.keys()].map((path) => [path, digestFrom(path)]));
}

function writeModule(path: string, code: string, map: string | null): void {
  if (existsSync(path)) return;
  // The map first: whoever finds the module finds its map.
  if (map !== null) writeWhole(`${path}.map`, map);
  writeWhole(path, map === null ? code : `${code}//# sourceMappingURL=${basename(path)}.map\n`);
}
