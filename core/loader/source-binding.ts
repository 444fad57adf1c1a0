/**
 * What compiled modules call for things that only the run can tell: `import.meta`, imports by a computed name, and the
 * `require` of CommonJS. Imported by compiled modules alone, in whichever thread runs them; every answer is the one
 * that the source would get at its own place.
 */
import { createRequire, isBuiltin } from 'node:module';
import { dirname, isAbsolute } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ConfigError } from '../kernel/errors.js';
import { resolveInstalled } from './installed-package.js';
import { prepareModule, prepareModuleSync } from './prepare-module.js';
import { pathKind } from './path-kind.js';
import { isTypeScript, sourceCandidates } from './source-kind.js';

/** `import.meta` of a compiled module, made to describe the source. The same object each time. */
export function sourceMeta(meta: ImportMeta, sourceUrl: string): ImportMeta {
  if (meta.url !== sourceUrl) {
    const path = fileURLToPath(sourceUrl);
    const resolve = (specifier: string): string => resolveImport(specifier, sourceUrl).href;
    Object.assign(meta, { url: sourceUrl, filename: path, dirname: dirname(path), resolve });
  }
  return meta;
}

/**
 * `import(specifier)` of a source. TypeScript is compiled where the static graph did not hold it, and is the same
 * instance where it did.
 */
export async function importFrom(
  sourceUrl: string,
  cacheFolder: string,
  ...[specifier, options]: [specifier: unknown, options?: ImportCallOptions]
): Promise<unknown> {
  const target = resolveImport(String(specifier), sourceUrl);
  if (target.protocol !== 'file:' || !isTypeScript(target.pathname)) {
    return import(target.href, options) as Promise<unknown>;
  }
  const prepared = await prepareModule(target, { cacheFolder });
  return import(prepared.url.href + target.search + target.hash) as Promise<unknown>;
}

/** `require` of a CommonJS source: names are looked up from the source, TypeScript comes from the cache. */
export function requireFrom(sourceUrl: string, cacheFolder: string): NodeJS.Require {
  const native = createRequire(sourceUrl);
  const resolve = (specifier: string, options?: { paths?: string[] }): string =>
    resolveBeside(specifier, sourceUrl) ?? native.resolve(specifier, options);
  const bound = (specifier: string): unknown => {
    const path = resolve(specifier);
    if (!isTypeScript(path)) return native(path);
    return native(fileURLToPath(prepareModuleSync(pathToFileURL(path), { cacheFolder }).url));
  };
  const paths = (request: string): string[] | null => native.resolve.paths(request);
  return Object.assign(bound, native, { resolve: Object.assign(resolve, { paths }) });
}

function resolveImport(specifier: string, sourceUrl: string): URL {
  const beside = resolveBeside(specifier, sourceUrl);
  if (beside !== null) {
    const { search, hash } = new URL(specifier, sourceUrl);
    return new URL(pathToFileURL(beside).href + search + hash);
  }
  if (isBuiltin(specifier)) return new URL(specifier.startsWith('node:') ? specifier : `node:${specifier}`);
  if (/^(\.\.?\/|\/)/.test(specifier)) return new URL(specifier, sourceUrl);
  if (/^[a-z][a-z0-9+.-]*:/i.test(specifier)) return new URL(specifier);
  const found = resolveInstalled(specifier, fileURLToPath(sourceUrl), 'import');
  if (found.url === null) throw found.error ?? new ConfigError(`cannot find "${specifier}"`);
  return found.url;
}

/** The file that a path in the source means; null for a package, or where there is none. */
function resolveBeside(specifier: string, sourceUrl: string): string | null {
  if (!/^(\.\.?(\/|$)|file:)/.test(specifier) && !isAbsolute(specifier)) return null;
  const url = new URL(specifier, sourceUrl);
  url.search = '';
  url.hash = '';
  return sourceCandidates(fileURLToPath(url)).find((path) => pathKind(path) === 'file') ?? null;
}
