/**
 * Resolution of package specifiers from the place of a source file, by Node's own rules and conditions. Loaded only
 * where it is needed, since the resolver costs 15 ms: by the compiler, by `-A` for a package name, and by
 * `import.meta.resolve` in a member. The one importer of `import-meta-resolve`.
 */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { moduleResolve } from 'import-meta-resolve';
import { importConditions } from './import-conditions.js';

/** Which conditions of `exports` count: those of `import` or those of `require`. */
export type ResolutionMode = 'import' | 'require';

export interface InstalledFile {
  /** Of the file that ought to be there when `error` is set; null when nothing is known. */
  readonly url: URL | null;
  readonly error: Error | null;
  /** Whether the package's `exports` say what may be reached, so that no other file of it may be tried. */
  readonly isEncapsulated: boolean;
}

/** Never throws: the failure is a value, since a source file may stand where Node finds nothing. */
export function resolveInstalled(specifier: string, fromPath: string, mode: ResolutionMode): InstalledFile {
  try {
    const url =
      mode === 'require'
        ? pathToFileURL(createRequire(fromPath).resolve(specifier))
        : moduleResolve(specifier, pathToFileURL(fromPath), new Set(importConditions()));
    return { url, error: null, isEncapsulated: false };
  } catch (cause) {
    const error = cause instanceof Error ? cause : new Error(String(cause));
    const { code, url } = error as { readonly code?: unknown; readonly url?: unknown };
    return {
      url: code === 'ERR_MODULE_NOT_FOUND' && typeof url === 'string' ? new URL(url) : null,
      error,
      isEncapsulated: code === 'ERR_PACKAGE_PATH_NOT_EXPORTED' || code === 'ERR_PACKAGE_IMPORT_NOT_DEFINED',
    };
  }
}
