/**
 * From what a user types after `-A`, or lists in `imports`, to the URL of a module (features APP-33). Called by the
 * command line and by the worker on the host. It looks and loads nothing; the URL goes to prepare-module.
 */
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ConfigError } from '../kernel/errors.js';
import { pathKind } from './path-kind.js';
import { sourceCandidates } from './source-kind.js';

export interface AppArgument {
  /** Path, dotted name or package name. */
  readonly module: string;
  /** Name of the export to take; null for the usual ones. */
  readonly attribute: string | null;
}

/** Modules that a folder may stand for; Celery's `proj` means `proj.celery`. */
const FOLDER_MODULES: readonly string[] = ['celeriac', 'celery', 'tasks', 'index'];

const MODULE_EXTENSIONS: ReadonlySet<string> = new Set(['.ts', '.tsx', '.mts', '.cts', '.js', '.mjs', '.cjs']);

/** Splits `module:attribute`; the colon of a drive or a URL is none. */
export function splitAppArgument(value: string): AppArgument {
  const match = /^(.{2,}):([A-Za-z_$][\w$]*)$/.exec(value);
  const [, module, attribute] = match ?? [];
  return module === undefined || attribute === undefined ? { module: value, attribute: null } : { module, attribute };
}

/**
 * The module that `name` means, seen from `from`: a folder (URL with a final slash) or a file. A path with or without
 * its extension, a folder, a dotted name as in Python, a `file:` URL, or an installed package.
 * @throws ConfigError that says what was tried.
 */
export function locateModule(name: string, from: URL): URL {
  const folder = fileURLToPath(new URL('.', from));
  const trail: string[] = [];
  for (const path of pathsOf(name, folder)) {
    const candidates = sourceCandidates(path, FOLDER_MODULES).filter((one) => MODULE_EXTENSIONS.has(extname(one)));
    const found = candidates.find((one) => pathKind(one) === 'file');
    if (found !== undefined) return pathToFileURL(found);
    trail.push(pathKind(path) === 'folder' ? `${path}/ (a folder)` : path);
  }
  const installed = isPackageName(name) ? findInstalled(name, folder) : null;
  if (installed !== null) return installed;
  if (isPackageName(name)) trail.push(`the package "${name}"`);
  throw new ConfigError(`cannot find the module "${name}": tried ${trail.join(', ')}. ${adviceFor(trail, folder)}`);
}

function pathsOf(name: string, folder: string): readonly string[] {
  if (name.startsWith('file:')) return [fileURLToPath(name)];
  const isDotted = /^[\w-]+(\.[\w-]+)+$/.test(name) && !MODULE_EXTENSIONS.has(extname(name));
  const paths = [resolve(folder, name)];
  if (isDotted) paths.push(resolve(folder, ...name.split('.')));
  return paths;
}

/** No path, and no file name such as `tasks.ts`. */
function isPackageName(name: string): boolean {
  return /^(@[\w.-]+\/)?[\w-][\w.-]*(\/.+)?$/.test(name) && !MODULE_EXTENSIONS.has(extname(name));
}

function findInstalled(name: string, folder: string): URL | null {
  // Loaded at the first package name, since the resolver costs 15 ms and a path needs none.
  const { resolveInstalled } = loadNow('./installed-package.js') as typeof import('./installed-package.js');
  const { url, error } = resolveInstalled(name, join(folder, 'package.json'), 'import');
  return error === null && url?.protocol === 'file:' ? url : null;
}

const loadNow = createRequire(import.meta.url);

/** What to do: another file that looks like the one meant, or the rule. */
function adviceFor(trail: readonly string[], folder: string): string {
  const places = new Set([...trail.map(dirname), folder, join(folder, 'src')]);
  const modules = [...places]
    .flatMap(modulesIn)
    .filter((path) => /^(celeriac|celery|tasks|app|worker)\./.test(path.name));
  const [first] = modules;
  if (first === undefined) return 'Give the path of the file that creates the app, for example -A src/tasks.ts';
  return `Did you mean ${relative(folder, join(first.folder, first.name))}?`;
}

function modulesIn(folder: string): readonly { readonly folder: string; readonly name: string }[] {
  try {
    const names = readdirSync(folder).filter(
      (name) => MODULE_EXTENSIONS.has(extname(name)) && !/\.d\.[cm]?ts$/.test(name),
    );
    return names.map((name) => ({ folder, name }));
  } catch {
    return [];
  }
}
