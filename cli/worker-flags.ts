/**
 * What the options of `celeriac worker` mean: settings that stand above the app's, and which of them do nothing yet. An
 * option without effect is said at the start, never passed over (BUG-29).
 */
import { ConfigError } from '../core/kernel/errors.js';
import type { Conf } from '../core/app/conf.js';
import { settingsFromArguments } from '../core/settings/arguments.js';
import { settingNames } from '../core/settings/setting-name.js';
import { settingsTable, type SettingName, type SettingsInput } from '../core/settings/table.js';
import { checkPoolName } from '../core/worker/pool-kind.js';
import type { LogLevelName } from './option-values.js';

export interface WorkerFlags {
  readonly concurrency?: number;
  readonly processes?: number;
  readonly queues?: readonly string[];
  readonly excludeQueues?: readonly string[];
  readonly include?: readonly string[];
  readonly hostname?: string;
  readonly loglevel: LogLevelName;
  readonly prefetchMultiplier?: number;
  readonly disablePrefetch?: boolean;
  readonly maxTasksPerChild?: number;
  /** KiB. */
  readonly maxMemoryPerChild?: number;
  /** Seconds. */
  readonly timeLimit?: number;
  /** Seconds. */
  readonly softTimeLimit?: number;
  readonly purge?: boolean;
  readonly watch?: boolean;
  /** host:port */
  readonly http?: string;
  readonly pool?: string;
  readonly optimization?: 'default' | 'fair';
  readonly taskEvents?: boolean;
  readonly statedb?: string;
  readonly autoscale?: { readonly min: number; readonly max: number };
  readonly withoutGossip?: boolean;
  readonly withoutMingle?: boolean;
  readonly withoutHeartbeat?: boolean;
  /** Seconds. */
  readonly heartbeatInterval?: number;
  readonly beat?: boolean;
  readonly schedule?: string;
  readonly scheduleFilename?: string;
  readonly scheduler?: string;
  readonly detach?: boolean;
  readonly logfile?: string;
  readonly pidfile?: string;
  readonly uid?: string;
  readonly gid?: string;
  readonly umask?: string;
  readonly executable?: string;
}

/** @throws ConfigError for options whose feature is not here yet and without which the worker would do something else. */
export function refuseMissing(flags: WorkerFlags): void {
  const { beat, schedule, scheduleFilename, scheduler, pool } = flags;
  if (beat === true || [schedule, scheduleFilename, scheduler].some((value) => value !== undefined))
    throw new ConfigError('periodic tasks (-B, -s, --scheduler) are not in this version');
  if (pool !== undefined) checkPoolName(pool);
}

/**
 * @param words trailing `key=value` (APP-10), below the options.
 * @throws ConfigError
 */
export function settingsOfFlags(flags: WorkerFlags, words: readonly string[]): SettingsInput {
  const { values } = settingsFromArguments(words, 'worker');
  const options: SettingsInput = {
    workerConcurrency: flags.concurrency,
    workerProcesses: flags.processes,
    workerPrefetchMultiplier: flags.prefetchMultiplier,
    workerDisablePrefetch: flags.disablePrefetch,
    workerMaxTasksPerChild: flags.maxTasksPerChild,
    workerMaxMemoryPerChild: flags.maxMemoryPerChild,
    taskTimeLimit: flags.timeLimit,
    taskSoftTimeLimit: flags.softTimeLimit,
    workerPool: flags.pool,
    workerOptimization: flags.optimization,
    workerSendTaskEvents: flags.taskEvents,
    workerStateDb: flags.statedb,
    workerHttp: flags.http,
    workerAutoscaleMin: flags.autoscale?.min,
    workerAutoscaleMax: flags.autoscale?.max,
  };
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return { ...values, ...Object.fromEntries(given) };
}

/** Options without a setting that do nothing yet, as they are typed. */
function idleOptions(flags: WorkerFlags): readonly string[] {
  return [
    ...(flags.withoutGossip === true ? ['--without-gossip'] : []),
    ...(flags.withoutMingle === true ? ['--without-mingle'] : []),
    ...(flags.withoutHeartbeat === true ? ['--without-heartbeat'] : []),
    ...(flags.heartbeatInterval === undefined ? [] : ['--heartbeat-interval']),
  ];
}

/** One line about what was given and has no effect in this version; null when there is nothing of it. */
export function idleNotice(flags: WorkerFlags, conf: Conf, above: SettingsInput): string | null {
  const isGiven = (name: SettingName): boolean =>
    above[name] !== undefined || conf.findValueForKey(name).source !== null;
  const isIdle = (name: SettingName): boolean => settingsTable[name].status === 'planned';
  const settings = settingNames.filter((name) => isIdle(name) && isGiven(name));
  const idle = [...idleOptions(flags), ...settings];
  return idle.length === 0 ? null : `no effect in this version: ${idle.join(', ')}`;
}
