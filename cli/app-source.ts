/**
 * From the global options and the environment to the app: the working directory, the settings that stand above those of
 * the module, and the module itself. Must run before the module is loaded, which reads the overrides.
 */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Celeriac } from '../core/app/celeriac.js';
import { ConfigError } from '../core/kernel/errors.js';
import { locateModule, splitAppArgument } from '../core/loader/module-location.js';
import { threadRuntime } from '../core/task/thread-runtime.js';
import { loadHostModule } from '../core/worker/host-module.js';

/** Options before the command (CLI-01 to 11). */
export interface GlobalOptions {
  readonly app?: string;
  readonly broker?: string;
  readonly resultBackend?: string;
  readonly workdir?: string;
  readonly color: boolean;
  readonly quiet?: boolean;
}

/** The module after `-A`. */
export interface AppModule {
  readonly url: URL;
  readonly attribute: string | null;
}

/** @throws ConfigError when the folder does not exist. */
export function applyGlobalOptions({ broker, resultBackend, workdir }: GlobalOptions): void {
  if (workdir !== undefined) enter(workdir);
  const brokerUrl = broker ?? firstOf('CELERIAC_BROKER_URL', 'CELERY_BROKER_URL', 'CELERY_BROKER');
  const backendUrl = resultBackend ?? firstOf('CELERIAC_RESULT_BACKEND', 'CELERY_RESULT_BACKEND');
  const runtime = threadRuntime();
  runtime.overrides = {
    ...runtime.overrides,
    ...(brokerUrl === undefined ? {} : { brokerUrl: fromWorkingFolder(brokerUrl) }),
    ...(backendUrl === undefined ? {} : { resultBackend: fromWorkingFolder(backendUrl) }),
  };
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
  if (appNameOf(options.app) === undefined && brokerUrl !== undefined) {
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

/** What is typed in a shell starts at the shell's folder; only in a module it starts at the module's. */
function fromWorkingFolder(url: string): string {
  const [, path, query = ''] = /^sqlite:\/\/([^/?][^?]*)(\?.*)?$/.exec(url) ?? [];
  // The adapter says what is wrong with a path that is not percent-encoded correctly.
  if (path === undefined || /%(?![\da-f]{2})/i.test(path)) return url;
  return `sqlite://${pathToFileURL(resolve(decodeURIComponent(path))).pathname}${query}`;
}
