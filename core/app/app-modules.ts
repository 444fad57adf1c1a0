/**
 * The modules that members load beside the app's own: `imports`, `include` and what `autodiscoverTasks` finds (APP-20,
 * APP-21). The host asks for their names when a worker starts; nothing else is imported unless a caller forces it.
 */
import { existsSync, statSync } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ConfigError } from '../kernel/errors.js';
import { importModule } from '../loader/import-module.js';
import { locateModule } from '../loader/module-location.js';
import { prepareModule } from '../loader/prepare-module.js';
import type { Settings } from '../settings/table.js';
import { signals } from '../task/signal-table.js';
import type { AppLoader } from './app-loader.js';

export interface DiscoverOptions {
  /** Module of each package that is imported; null imports the package itself. @defaultValue 'tasks' */
  readonly relatedName?: string | null;
  /** Import now, in this thread. @defaultValue false: when a worker starts */
  readonly force?: boolean;
}

/** Folders or specifiers; or a function that gives them when they are needed. */
export type Packages = readonly string[] | (() => readonly string[]);

interface Discovery {
  readonly packages: Packages;
  readonly relatedName: string | null;
}

export class AppModules {
  readonly #app: object;
  readonly #loader: AppLoader;
  readonly #from: URL;
  readonly #discoveries: Discovery[] = [];

  constructor({
    app,
    loader,
    definedIn,
  }: {
    readonly app: object;
    readonly loader: AppLoader;
    readonly definedIn: string | null;
  }) {
    this.#app = app;
    this.#loader = loader;
    this.#from = definedIn?.startsWith('file://') === true ? new URL(definedIn) : pathToFileURL(`${process.cwd()}/`);
  }

  /** Notes packages whose tasks a worker shall know; with `force` imports them here and now. */
  async discover(packages: Packages, { relatedName = 'tasks', force = false }: DiscoverOptions): Promise<void> {
    const discovery = { packages, relatedName };
    this.#discoveries.push(discovery);
    if (force) await this.#importAll(this.#find(discovery, this.#from));
  }

  /**
   * Addresses of the modules that a worker's members load, in Celery's order: discovered, `imports`, `include`. Sends
   * the signal `importModules` first (SIG-23). @throws ConfigError for a module that is named and missing
   */
  names({ imports, include }: Pick<Settings, 'imports' | 'include'>, from: URL = this.#from): readonly string[] {
    signals.importModules.send(this.#app, {});
    const named = [...imports, ...include].map((name) => locateModule(name, from).href);
    return [...new Set([...this.#discoveries.flatMap((discovery) => this.#find(discovery, from)), ...named])];
  }

  /** Imports them in this thread: for programs that are no worker. @throws what a module throws */
  importDefaults(settings: Pick<Settings, 'imports' | 'include'>): Promise<void> {
    return this.#importAll(this.names(settings));
  }

  /** What a module exports. @throws ConfigError when it is missing */
  async load(specifier: string): Promise<Readonly<Record<string, unknown>>> {
    if (this.#loader.importModule !== undefined) {
      return (await this.#loader.importModule(specifier)) as Readonly<Record<string, unknown>>;
    }
    const prepared = await prepareModule(locateModule(specifier, this.#from));
    return importModule(prepared.url);
  }

  async #importAll(names: readonly string[]): Promise<void> {
    for (const name of names) await this.load(name);
  }

  /** A package without such a module is passed over; an error inside of one is not. */
  #find({ packages, relatedName }: Discovery, from: URL): readonly string[] {
    const list = typeof packages === 'function' ? packages() : packages;
    return list.flatMap((name) => {
      const folder = folderOf(name, from);
      if (relatedName === null) return [locateModule(name, from).href];
      if (folder === null) return [];
      try {
        return [locateModule(`./${relatedName}`, pathToFileURL(`${folder}/`)).href];
      } catch (error) {
        if (error instanceof ConfigError) return [];
        throw error;
      }
    });
  }
}

function folderOf(name: string, from: URL): string | null {
  const base = fileURLToPath(new URL('.', from));
  const paths = isAbsolute(name) ? [name] : [resolve(base, name), resolve(base, ...name.split('.'))];
  const folder = paths.find((path) => existsSync(path) && statSync(path).isDirectory());
  if (folder !== undefined) return folder;
  try {
    return dirname(fileURLToPath(locateModule(name, from)));
  } catch (error) {
    if (error instanceof ConfigError) return null;
    throw error;
  }
}
