/**
 * The configuration file of an app: which one it is, and its values as a layer of settings. Called by the app when it
 * reads its settings, in whatever thread; without such a file it costs one look at each folder up to the package's.
 * Reading is synchronous, since `app.conf` is.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, extname, isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ConfigError } from '../kernel/errors.js';
import { importModuleSync } from '../loader/import-module.js';
import { locateModule } from '../loader/module-location.js';
import { prepareModuleSync } from '../loader/prepare-module.js';
import { serializerNamed } from '../protocol/serializers.js';
import type { Environment } from '../settings/environment.js';
import { translateOldNames } from '../settings/old-names.js';
import { addressesFrom } from '../settings/relative-address.js';
import type { SettingsLayer } from '../settings/resolve.js';

const MODULES = ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs'];
const DATA = ['.json', '.yaml', '.yml'];

/** Files that are found without being named, first wins; the second is the default module of Celery (APP-34). */
const FILE_NAMES = ['celeriac.config', 'celeryconfig'].flatMap((name) =>
  [...MODULES, ...DATA].map((extension) => name + extension),
);

/** Most that a file of data may be: what is larger is no configuration. */
const DATA_LIMITS = { maxBytes: 2 ** 20, maxDepth: 64, maxNodes: 100_000, maxStringBytes: 2 ** 20 };

/** Variables that name the file, first wins (CLI-05, ENV-02). */
const NAMED_BY = ['CELERIAC_CONFIG', 'CELERY_CONFIG', 'CELERY_CONFIG_MODULE'] as const;

/**
 * The settings of the app's file; null when there is none. A file that is named must be there; `C_WNOCONF` asks for a
 * warning when there is none to be found (ENV-04).
 * @param definedIn URL of the app module; null looks in the working directory.
 * @throws ConfigError
 */
export function readSettingsFile(definedIn: string | null, environment: Environment): SettingsLayer | null {
  const named = NAMED_BY.map((name) => environment[name]).find((value) => value !== undefined && value !== '');
  if (named !== undefined) return readSettingsModule(named);
  const path = findBeside(
    definedIn?.startsWith('file://') === true ? dirname(fileURLToPath(definedIn)) : process.cwd(),
  );
  if (path !== null) return layerOf(path);
  if (environment['C_WNOCONF'] !== undefined && environment['C_WNOCONF'] !== '') {
    process.emitWarning('no configuration file: celeriac.config.* is neither beside the app nor at its package', {
      type: 'NotConfigured',
    });
  }
  return null;
}

/**
 * The settings of a file or module that is named by a path, a package or a dotted name, as `-A` is.
 * @param namespace reads only names with this prefix (APP-08).
 * @throws ConfigError when it is missing or is no table of settings.
 */
export function readSettingsModule(
  name: string,
  { from = process.cwd(), namespace = null }: { readonly from?: string; readonly namespace?: string | null } = {},
): SettingsLayer {
  if (!DATA.includes(extname(name)))
    return layerOf(fileURLToPath(locateModule(name, pathToFileURL(`${from}/`))), namespace);
  const path = isAbsolute(name) ? name : resolve(from, name);
  if (statSync(path, { throwIfNoEntry: false }) === undefined)
    throw new ConfigError(`the configuration file ${path} does not exist`);
  return layerOf(path, namespace);
}

/** In this folder, and above it as far as its package goes. */
function findBeside(folder: string): string | null {
  const names = namesIn(folder);
  const found = FILE_NAMES.find((name) => names.includes(name));
  if (found !== undefined) return join(folder, found);
  const parent = dirname(folder);
  if (names.includes('package.json') || parent === folder || basename(folder) === 'node_modules') return null;
  return findBeside(parent);
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function layerOf(path: string, namespace: string | null = null): SettingsLayer {
  try {
    const values = DATA.includes(extname(path)) ? readData(path) : readModule(path);
    return { source: path, values: addressesFrom(dirname(path), translateOldNames(values, namespace)) };
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`the configuration file ${path} cannot be read: ${reason}`, { cause: error });
  }
}

function readData(path: string): Readonly<Record<string, unknown>> {
  const bytes = readFileSync(path);
  const isJson = extname(path) === '.json';
  const value = isJson ? (JSON.parse(bytes.toString()) as unknown) : serializerNamed('yaml').decode(bytes, DATA_LIMITS);
  return tableIn(value ?? {}, path);
}

/** A default export that is an object, or else the named exports, as a module of Celery has them. */
function readModule(path: string): Readonly<Record<string, unknown>> {
  const { url } = prepareModuleSync(pathToFileURL(path));
  const namespace = importNow(url, path);
  const table = namespace['default'] ?? namespace;
  return tableIn(table, path);
}

function importNow(url: URL, path: string): Readonly<Record<string, unknown>> {
  try {
    return importModuleSync(url);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_REQUIRE_ASYNC_MODULE') throw error;
    throw new ConfigError(`the configuration file ${path} must not await at its top level`, { cause: error });
  }
}

function tableIn(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new ConfigError(`the configuration file ${path} is no table of settings: export an object`);
  const entries = Object.entries(value as Record<string, unknown>);
  return Object.fromEntries(entries.filter(([name]) => name !== '__esModule' && name !== 'module.exports'));
}
