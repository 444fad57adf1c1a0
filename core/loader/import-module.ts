/**
 * The one place where a module of the user is imported: by the host, and by each member, with `PreparedModule.url`.
 * Sees to it that errors of the module show its source.
 */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { mapStacks } from './stack-mapping.js';

/** Imports what `prepareModule` has made importable; errors of the module itself pass unchanged. */
export async function importModule(url: URL): Promise<Readonly<Record<string, unknown>>> {
  mapStacks();
  return (await import(url.href)) as Readonly<Record<string, unknown>>;
}

/**
 * As `importModule`, for who cannot wait; a module is the same one by either way.
 * @throws Error ERR_REQUIRE_ASYNC_MODULE where it awaits at its top level.
 */
export function importModuleSync(url: URL): Readonly<Record<string, unknown>> {
  mapStacks();
  return loadNow(fileURLToPath(url)) as Readonly<Record<string, unknown>>;
}

const loadNow = createRequire(import.meta.url);
