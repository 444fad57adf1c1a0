/** Loads the app module on the host: compiled once for host and members, imported here unless this process already has. */
import { ConfigError } from '../kernel/errors.js';
import type { Celeriac } from '../app/celeriac.js';
import { findApp, loadedApp } from '../app/find-app.js';
import { importModule } from '../loader/import-module.js';
import { prepareModule } from '../loader/prepare-module.js';
import { locateModule } from '../loader/module-location.js';
import { threadRuntime } from '../task/thread-runtime.js';
import type { Settings } from '../settings/table.js';

export interface HostModule {
  readonly app: Celeriac;
  /** What members import. */
  readonly url: URL;
  /** The file that the user wrote. */
  readonly sourceUrl: URL;
  readonly cacheFolder: string | null;
}

/**
 * @param options `app` is the one that the caller has, null to find it.
 * @throws ConfigError when the module cannot be found, compiled or loaded, or has no app.
 */
export async function loadHostModule(
  module: URL,
  options: { readonly attribute?: string | null; readonly app?: Celeriac | null } = {},
): Promise<HostModule> {
  const { attribute = null, app: known = null } = options;
  const { url, sourceUrl, cacheFolder } = await prepareModule(module);
  const loaded = known ?? loadedApp(sourceUrl.href) ?? loadedApp(url.href);
  const app = loaded ?? (await importApp(url, { module: sourceUrl.pathname, attribute }));
  return { app, url, sourceUrl, cacheFolder };
}

/** The module as it is on the disk now, for members; the app of the host stays the one that it has. @throws ConfigError */
export async function refreshModule(host: HostModule): Promise<HostModule> {
  const { url } = await prepareModule(
    host.sourceUrl,
    host.cacheFolder === null ? {} : { cacheFolder: host.cacheFolder },
  );
  return { ...host, url };
}

async function importApp(
  url: URL,
  source: { readonly module: string; readonly attribute: string | null },
): Promise<Celeriac> {
  const { apps } = threadRuntime();
  const before = apps.length;
  const namespace = await importModule(url).catch((error: unknown) => {
    if (error instanceof ConfigError) throw error;
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    throw new ConfigError(`${source.module} fails when it is loaded: ${reason}`, { cause: error });
  });
  return findApp(namespace, { ...source, created: apps.slice(before) });
}

/** Importable URLs of discovered modules, `imports` and `include`; names are looked up from the app module (APP-21). */
export async function prepareImports(
  settings: Settings,
  { app, sourceUrl, cacheFolder }: HostModule,
): Promise<readonly string[]> {
  const options = cacheFolder === null ? {} : { cacheFolder };
  const names = app.modules.names(settings, sourceUrl);
  const prepared = await Promise.all(names.map(async (name) => prepareModule(locateModule(name, sourceUrl), options)));
  return prepared.map(({ url }) => url.href);
}
