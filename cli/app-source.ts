/**
 * From the global options and the environment to the app: the working directory, the settings that stand above those of
 * the module, and the module itself. Must run before the module is loaded, which reads the overrides.
 */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Celeriac } from '../core/app/celeriac.js';
import { ConfigError } from '../core/kernel/errors.js';
import { locateModule, splitAppArgument } from '../core/loader/module-location.js';
import { addressesFrom } from '../core/settings/relative-address.js';
import { threadRuntime } from '../core/task/thread-runtime.js';
import { loadHostModule } from '../core/worker/host-module.js';
import { complain } from './terminal.js';

/** Options before the command (CLI-01 to 11). */
export interface GlobalOptions {
  readonly app?: string;
  readonly broker?: string;
  readonly resultBackend?: string;
  readonly config?: string;
  readonly loader?: string;
  readonly workdir?: string;
  readonly skipChecks?: boolean;
  readonly color: boolean;
  readonly quiet?: boolean;
}

/** The module after `-A`. */
export interface AppModule {
  readonly url: URL;
  readonly attribute: string | null;
}

/**
 * What must be so before the module is loaded. Addresses of the environment are read by the app itself; only
 * `CELERY_BROKER`, the variable of the option, is one of the command line.
 * @throws ConfigError when the folder does not exist.
 */
export function applyGlobalOptions({ broker, resultBackend, workdir, config, loader }: GlobalOptions): void {
  if (workdir !== undefined) enter(workdir);
  // By the environment, so that threads and processes that are started here know it, too.
  if (config !== undefined) process.env['CELERIAC_CONFIG'] = isPath(config) ? resolve(config) : config;
  if ((loader ?? firstOf('CELERY_LOADER')) !== undefined) {
    complain('--loader (CELERY_LOADER) has no effect: the module after -A is loaded, and nothing else');
  }
  const hasOwnName = firstOf('CELERIAC_BROKER_URL', 'CELERY_BROKER_URL') !== undefined;
  const brokerUrl = broker ?? (hasOwnName ? undefined : firstOf('CELERY_BROKER'));
  const runtime = threadRuntime();
  const addresses = {
    ...(brokerUrl === undefined ? {} : { brokerUrl }),
    ...(resultBackend === undefined ? {} : { resultBackend }),
  };
  // What is typed in a shell starts at the shell's folder; only in a module it starts at the module's.
  runtime.overrides = { ...runtime.overrides, ...addressesFrom(process.cwd(), addresses) };
}

/** @throws ConfigError that says what to do when no app is named, or it cannot be found. */
export function locateApp({ app }: GlobalOptions): AppModule {
  const named = appNameOf(app);
  if (named === undefined) {
    throw new ConfigError('no app: name the module that creates it, as in celeriac -A tasks.ts …');
  }
  const { module, attribute } = splitAppArgument(named);
  return { url: locateModule(module, pathToFileURL(`${process.cwd()}/`)), attribute };
}

/**
 * The app for a command that runs no tasks. A broker is enough for it: without `-A` it knows tasks by their names.
 * @throws ConfigError
 */
export async function loadClientApp(options: GlobalOptions): Promise<Celeriac> {
  const { brokerUrl } = threadRuntime().overrides;
  const hasBroker = brokerUrl !== undefined || firstOf('CELERIAC_BROKER_URL', 'CELERY_BROKER_URL') !== undefined;
  if (appNameOf(options.app) === undefined && hasBroker) {
    return new Celeriac('celeriac', { resultBackend: null });
  }
  const { url, attribute } = locateApp(options);
  const { app } = await loadHostModule(url, { attribute });
  return app;
}

function appNameOf(option: string | undefined): string | undefined {
  return option ?? firstOf('CELERIAC_APP', 'CELERY_APP');
}

function enter(folder: string): void {
  try {
    process.chdir(folder);
  } catch (error) {
    throw new ConfigError(`--workdir ${folder} cannot be entered: ${(error as Error).message}`, { cause: error });
  }
}

function firstOf(...names: readonly string[]): string | undefined {
  return names.map((name) => process.env[name]).find((value) => value !== undefined && value !== '');
}

/** A module may also be named as a package or with dots, which are looked up as `-A` is. */
function isPath(name: string): boolean {
  return /[/\\]|\.(?:[cm]?[jt]s|json|ya?ml)$/.test(name);
}
