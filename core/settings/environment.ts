/**
 * Settings of the environment: `CELERIAC_` and the name of any setting in capitals, and the names that Celery reads
 * (APP-04, ENV-01, ENV-07, ENV-08). Given the variables by who may read them; one layer a variable, so that a report
 * can name it.
 */
import { ConfigError } from '../kernel/errors.js';
import { addressesFrom } from './relative-address.js';
import { parseSetting } from './parse-setting.js';
import type { SettingsLayer } from './resolve.js';
import { meantSetting, settingNamed } from './setting-name.js';
import type { SettingName } from './table.js';

export type Environment = Readonly<Record<string, string | undefined>>;

const PREFIX = 'CELERIAC_';

/** Variables with our prefix that are no settings; one of them is never a mistyped setting. */
const OTHERS: ReadonlySet<string> = new Set(['APP', 'CONFIG', 'QUIET', 'WORKDIR', 'NO_COLOR']);

interface Alias {
  readonly variable: string;
  readonly setting: SettingName;
  /** From Celery's unit to that of the setting. @defaultValue 1 */
  readonly factor?: number;
}

const ALIASES: readonly Alias[] = [
  { variable: 'CELERY_BROKER_URL', setting: 'brokerUrl' },
  { variable: 'CELERY_BROKER_READ_URL', setting: 'brokerReadUrl' },
  { variable: 'CELERY_BROKER_WRITE_URL', setting: 'brokerWriteUrl' },
  { variable: 'CELERY_RESULT_BACKEND', setting: 'resultBackend' },
  { variable: 'CELERY_WORKER_REVOKES_MAX', setting: 'workerRevokesMax' },
  { variable: 'CELERY_WORKER_REVOKE_EXPIRES', setting: 'workerRevokeExpires' },
  { variable: 'CELERY_WORKER_SUCCESSFUL_MAX', setting: 'workerSuccessfulMax' },
  { variable: 'CELERY_WORKER_SUCCESSFUL_EXPIRES', setting: 'workerSuccessfulExpires' },
  { variable: 'AUTOSCALE_KEEPALIVE', setting: 'workerAutoscaleKeepaliveMs', factor: 1_000 },
];

/**
 * Layers of the environment; our own names stand above Celery's. An empty variable is none.
 * @param folder working directory of the process, where relative addresses start.
 * @throws ConfigError for a variable that is nearly a setting, or that cannot be read as its setting.
 */
export function settingsFromEnvironment(environment: Environment, folder: string): readonly SettingsLayer[] {
  const layers: SettingsLayer[] = [];
  for (const { variable, setting, factor = 1 } of ALIASES) {
    const text = environment[variable];
    if (text !== undefined && text !== '') layers.push(layerOf({ variable, setting, text, factor, folder }));
  }
  for (const [variable, text] of Object.entries(environment)) {
    if (text === undefined || text === '' || !variable.startsWith(PREFIX)) continue;
    const setting = settingOf(variable);
    if (setting !== null) layers.push(layerOf({ variable, setting, text, factor: 1, folder }));
  }
  return layers;
}

function settingOf(variable: string): SettingName | null {
  const name = variable.slice(PREFIX.length);
  if (OTHERS.has(name)) return null;
  const setting = settingNamed(name.toLowerCase());
  const meant = setting === null ? meantSetting(name.toLowerCase()) : null;
  if (meant === null) return setting;
  const spelling = settingNamed(meant) === meant ? toVariable(meant) : PREFIX + meant.toUpperCase();
  throw new ConfigError(`unknown setting in the environment, ${variable}; did you mean ${spelling}?`);
}

function toVariable(name: SettingName): string {
  return PREFIX + name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

interface Variable {
  readonly variable: string;
  readonly setting: SettingName;
  readonly text: string;
  readonly factor: number;
  readonly folder: string;
}

function layerOf({ variable, setting, text, factor, folder }: Variable): SettingsLayer {
  const source = `the environment variable ${variable}`;
  const value = parseSetting(setting, text, source);
  const values = { [setting]: typeof value === 'number' ? value * factor : value };
  return { source, values: addressesFrom(folder, values) };
}
