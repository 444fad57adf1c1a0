/** What a user gives to `Worker.start`, and its complete form. */
import { availableParallelism, hostname } from 'node:os';
import { ConfigError } from '../kernel/errors.js';
import { silentLogger, type LeveledLogger } from '../ports/logger.js';
import type { Celeriac } from '../app/celeriac.js';
import type { Settings, SettingsInput } from '../settings/table.js';
import { nearMiss } from '../kernel/near-miss.js';
import type { CrashGuard } from './crashes/crash-guard.js';
import type { AutoscaleRange } from './autoscaler.js';
import { nodeName } from './node-name.js';
import { isGreen } from './pool-kind.js';

export interface WorkerOptions {
  /** The app module: members load it, and this thread too unless it already has. */
  readonly module: URL | string;
  /** The app of the module, where this process has it already and cannot be seen to (bundlers). @defaultValue found */
  readonly app?: Celeriac;
  /** Name of the export that is the app (`-A module:name`). @defaultValue found as `findApp` says */
  readonly attribute?: string | null;
  /** Number of members. @defaultValue setting `workerConcurrency`, else the number of CPUs */
  readonly concurrency?: number;
  /** Queues to consume (`-Q`). @defaultValue those of `taskQueues`, else `taskDefaultQueue` */
  readonly queues?: readonly string[];
  /** Queues not to consume (`-X`). @defaultValue none */
  readonly excludeQueues?: readonly string[];
  /** Remove what waits in the queues before the start (WORK-05). @defaultValue false */
  readonly purge?: boolean;
  /** Node name; `%h` is the host, `%n` its short name, `%d` its domain. @defaultValue 'celery@%h' */
  readonly hostname?: string;
  /** Replace the members whenever a file of the app module was saved: for development. @defaultValue false */
  readonly watch?: boolean;
  /** Writes down what runs, for a supervisor of this process. @defaultValue nobody looks after it */
  readonly guard?: CrashGuard;
  /** Settings that stand above those of the app. */
  readonly settings?: SettingsInput;
  /** pino or anything of its shape. @defaultValue silent */
  readonly logger?: LeveledLogger;
}

export interface ResolvedWorkerOptions {
  readonly module: URL;
  readonly attribute: string | null;
  readonly hostname: string;
  readonly logger: LeveledLogger;
}

const OPTION_NAMES = [
  ...[
    'module',
    'app',
    'attribute',
    'concurrency',
    'queues',
    'excludeQueues',
    'purge',
    'hostname',
    'watch',
    'guard',
    'settings',
    'logger',
  ],
];

/** @throws ConfigError */
export function resolveWorkerOptions(options: WorkerOptions): ResolvedWorkerOptions {
  for (const name of Object.keys(options)) {
    if (OPTION_NAMES.includes(name)) continue;
    const meant = nearMiss(name, OPTION_NAMES);
    throw new ConfigError(
      `unknown option "${name}" of Worker.start${meant === null ? '' : `; did you mean "${meant}"?`}`,
    );
  }
  return {
    module: moduleUrl(options.module),
    attribute: options.attribute ?? null,
    hostname: nodeName(options.hostname ?? 'celery@%h', hostname()),
    logger: options.logger ?? silentLogger,
  };
}

function moduleUrl(module: URL | string): URL {
  if (module instanceof URL) return module;
  if (/^file:\/\//.test(module)) return new URL(module);
  throw new ConfigError(`module must be a URL, as new URL('./tasks.ts', import.meta.url), not "${module}"`);
}

/** The app's settings with those of the worker above them. @throws ConfigError */
export function effectiveSettings(app: Celeriac, { settings = {}, concurrency }: WorkerOptions): Settings {
  const conf = app.settingsWith(settings);
  return concurrency === undefined ? conf : app.settingsWith({ ...conf, workerConcurrency: concurrency });
}

/** Members of a worker at its start, or tasks at once where it has one member for all: at least one (NM-12). */
export function concurrencyOf(settings: Settings): number {
  // It has this thread, whatever was asked for (CONC-03).
  if (settings.workerPool === 'solo') return 1;
  const range = autoscaleRangeOf(settings);
  if (range !== null) return Math.max(1, range.min);
  return settings.workerConcurrency ?? Math.max(1, availableParallelism());
}

/** Between how many members it scales; null when it does not. */
export function autoscaleRangeOf(settings: Settings): AutoscaleRange | null {
  const { workerPool, workerAutoscaleMax, workerAutoscaleMin } = settings;
  // They have one member for all (pool-notices.ts says so).
  if (workerAutoscaleMax === null || workerPool === 'solo' || isGreen(workerPool)) return null;
  return { max: workerAutoscaleMax, min: workerAutoscaleMin ?? 0 };
}

/** Members that the prefetch window is for (WORK-97). */
export function windowConcurrencyOf(settings: Settings): number {
  return settings.workerPool === 'solo' ? 1 : (autoscaleRangeOf(settings)?.max ?? concurrencyOf(settings));
}
