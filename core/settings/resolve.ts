/**
 * What users wrote, layer above layer → complete, frozen `Settings`, and where each came from. Both spellings are read
 * (`taskAcksLate`, `task_acks_late`); a wrong type is refused with the row's text; an unknown name is kept for the
 * user's own use, unless it is a near miss of a known one (design §9, APP-13).
 */
import { ConfigError } from '../kernel/errors.js';
import { brokerUrlOfParts } from './broker-parts.js';
import { checkSetting } from './check-setting.js';
import type { AnyRow } from './setting.js';
import { meantSetting, settingNamed, settingNames, toSnakeCase } from './setting-name.js';
import { settingsTable, type SettingName, type Settings, type SettingsInput } from './table.js';

/** Settings from one place. */
export interface SettingsLayer {
  /** Where they were written, as `celeriac report` and errors say it; null for "in the program". */
  readonly source: string | null;
  readonly values: SettingsInput;
}

export interface ResolvedSettings {
  readonly settings: Settings;
  /** Names that are not ours, as they were written. */
  readonly extra: Readonly<Record<string, unknown>>;
  /** The layer that each setting comes from; one that is absent has its default. */
  readonly origins: ReadonlyMap<SettingName, SettingsLayer>;
}

/**
 * @param layers each stands above those before it, whichever spelling it uses: the app's own, then the worker's.
 * @throws ConfigError for a near miss, a name given twice in one layer or a value of the wrong type or range.
 */
export function resolveSettings(...layers: readonly SettingsInput[]): ResolvedSettings {
  return resolveLayers(layers.map((values) => ({ source: null, values })));
}

/** The same with the places in errors and answer. @throws ConfigError */
export function resolveLayers(layers: readonly SettingsLayer[]): ResolvedSettings {
  const given = new Map<SettingName, unknown>();
  const origins = new Map<SettingName, SettingsLayer>();
  const extra = new Map<string, unknown>();
  for (const layer of layers) {
    for (const [name, value] of known(layer, extra)) {
      given.set(name, value);
      origins.set(name, layer);
    }
  }
  return {
    settings: Object.freeze(complete(given)),
    extra: Object.freeze(Object.fromEntries(extra)),
    origins,
  };
}

/** The settings of one layer, checked, by their own names; what is not ours goes to `extra`. */
function known({ source, values }: SettingsLayer, extra: Map<string, unknown>): ReadonlyMap<SettingName, unknown> {
  const given = new Map<SettingName, unknown>();
  for (const [key, value] of Object.entries(values)) {
    if (value === undefined) continue;
    const name = settingNamed(key);
    if (name === null) {
      refuseNearMiss(key, source);
      extra.set(key, value);
    } else if (given.has(name)) {
      throw new ConfigError(`setting ${name} is given twice, as ${name} and ${toSnakeCase(name)}${placeOf(source)}`);
    } else {
      given.set(name, checkSetting(name, value, source));
    }
  }
  return given;
}

/** A constant in capitals is the module's own, as in Celery; old names have been translated before. */
function refuseNearMiss(key: string, source: string | null): void {
  if (key === key.toUpperCase()) return;
  const meant = meantSetting(key);
  if (meant === null) return;
  throw new ConfigError(`unknown setting "${key}"${placeOf(source)}; did you mean "${meant}"?`);
}

function placeOf(source: string | null): string {
  return source === null ? '' : ` in ${source}`;
}

/** What is given, the defaults of the profile, and last what follows from other settings. */
function complete(given: ReadonlyMap<SettingName, unknown>): Settings {
  const profile = (given.get('reliability') ?? settingsTable.reliability.safe) as Settings['reliability'];
  const values: Partial<Record<SettingName, unknown>> = {};
  for (const name of settingNames) values[name] = given.has(name) ? given.get(name) : settingsTable[name][profile];
  if (!given.has('brokerUrl')) values.brokerUrl = brokerUrlOfParts(given) ?? values.brokerUrl;
  for (const name of settingNames) values[name] ??= inherited(name, values);
  return values as Settings;
}

/** The other setting has a value of its own: no fallback has one itself, which the test of the table holds. */
function inherited(name: SettingName, values: Partial<Record<SettingName, unknown>>): unknown {
  const { fallback }: AnyRow = settingsTable[name];
  return fallback === null ? null : (values[fallback as SettingName] ?? null);
}
