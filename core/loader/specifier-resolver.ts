/**
 * From a specifier in a source file to the file it means, as tsc and Node would together: tsconfig `paths`, source for
 * a `.js` specifier, the built file where only that is there, then packages from the place of the source. Loaded on a
 * cache miss, and in a member for `import.meta.resolve` (through installed-package.ts). Looks are noted by the witness.
 */
import { realpathSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ConfigError } from '../kernel/errors.js';
import type { FileWitness } from './file-witness.js';
import { resolveInstalled, type ResolutionMode } from './installed-package.js';
import type { PathMapping } from './project-options.js';
import { sourceCandidates } from './source-kind.js';

/** What a specifier means: a file (real path and `?query#hash`), or nothing of the disk (`node:fs`, `data:`…). */
export type Target = { readonly path: string; readonly suffix: string } | 'external';

export class SpecifierResolver {
  readonly #witness: FileWitness;

  constructor(witness: FileWitness) {
    this.#witness = witness;
  }

  /** @throws Error with the reason when nothing is found. */
  resolve(
    specifier: string,
    from: { readonly path: string; readonly mapping: PathMapping },
    mode: ResolutionMode,
  ): Target {
    if (isBuiltin(specifier)) return 'external';
    if (/^(\.\.?(\/|$)|\/|file:)/.test(specifier) || isAbsolute(specifier)) {
      return this.#resolvePath(specifier, from.path, mode);
    }
    if (/^[a-z][a-z0-9+.-]*:/i.test(specifier)) return 'external';
    const mapped = this.#resolveMapped(specifier, from.mapping);
    return { path: realpathSync(mapped ?? this.#resolvePackage(specifier, from.path, mode)), suffix: '' };
  }

  #resolvePath(specifier: string, from: string, mode: ResolutionMode): Target {
    const { path, suffix } = splitSuffix(specifier, from, mode);
    const found = this.#firstFile(path);
    if (found === null)
      throw new ConfigError(`there is no file ${path}, with a TypeScript or JavaScript extension or without`);
    return { path: realpathSync(found), suffix };
  }

  #firstFile(path: string): string | null {
    return sourceCandidates(path).find((candidate) => this.#witness.isFile(candidate)) ?? null;
  }

  /** `paths`: the exact pattern, else the one with the longest prefix; then `baseUrl`. */
  #resolveMapped(specifier: string, mapping: PathMapping): string | null {
    const pattern = bestPattern(specifier, Object.keys(mapping.patterns));
    if (pattern !== null) {
      const star = pattern.indexOf('*');
      const wildcard = star < 0 ? '' : specifier.slice(star, specifier.length - (pattern.length - star - 1));
      for (const target of mapping.patterns[pattern] ?? []) {
        const found = this.#firstFile(
          resolve(
            mapping.base,
            target.replace('*', () => wildcard),
          ),
        );
        if (found !== null) return found;
      }
    }
    return mapping.baseUrl === null || specifier.startsWith('#')
      ? null
      : this.#firstFile(join(mapping.baseUrl, specifier));
  }

  #resolvePackage(specifier: string, from: string, mode: ResolutionMode): string {
    const folder = this.#watchPackage(specifier, from);
    const found = resolveInstalled(specifier, from, mode);
    if (found.url !== null) {
      const file = this.#firstFile(fileURLToPath(found.url));
      if (file !== null) return file;
    }
    // A workspace package without a build: `@org/lib/src/thing`, or no `main` but an index.ts.
    const inside = folder === null ? null : this.#firstFile(folder + specifier.slice(packageName(specifier).length));
    if (inside !== null && !found.isEncapsulated) return inside;
    throw found.error ?? new ConfigError(`${String(found.url)} does not exist`);
  }

  /** Notes what decides which package a bare specifier means; gives its folder, null for own names and `#imports`. */
  #watchPackage(specifier: string, from: string): string | null {
    const name = packageName(specifier);
    let isOwnManifestSeen = false;
    for (let folder = dirname(from); ; folder = dirname(folder)) {
      if (!isOwnManifestSeen) isOwnManifestSeen = this.#witness.readText(join(folder, 'package.json')) !== null;
      const installed = join(folder, 'node_modules', name);
      if (!specifier.startsWith('#') && this.#witness.isFolder(installed)) {
        this.#witness.readText(join(installed, 'package.json'));
        return installed;
      }
      if (folder === dirname(folder)) return null;
    }
  }
}

function splitSuffix(specifier: string, from: string, mode: ResolutionMode): { path: string; suffix: string } {
  if (mode === 'require' && !specifier.startsWith('file:'))
    return { path: resolve(dirname(from), specifier), suffix: '' };
  const url = new URL(specifier, pathToFileURL(from));
  return { path: fileURLToPath(new URL(url.pathname, url)), suffix: url.search + url.hash };
}

function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function bestPattern(specifier: string, patterns: readonly string[]): string | null {
  if (patterns.includes(specifier)) return specifier;
  const fitting = patterns.filter((pattern) => {
    const star = pattern.indexOf('*');
    if (star < 0 || specifier.length < pattern.length - 1) return false;
    return specifier.startsWith(pattern.slice(0, star)) && specifier.endsWith(pattern.slice(star + 1));
  });
  return fitting.sort((a, b) => b.indexOf('*') - a.indexOf('*'))[0] ?? null;
}
