/**
 * The one place where a module of the user is imported: by the host, and by each member, with `PreparedModule.url`.
 * Sees to it that errors of the module show its source.
 */
import { mapStacks } from './stack-mapping.js';

/** Imports what `prepareModule` has made importable; errors of the module itself pass unchanged. */
export async function importModule(url: URL): Promise<Readonly<Record<string, unknown>>> {
  mapStacks();
  return (await import(url.href)) as Readonly<Record<string, unknown>>;
}
