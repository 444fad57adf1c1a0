/**
 * `app.conf`: the settings as an object that can be read and assigned, in either spelling, with Celery's methods
 * (APP-11 to 13). For users; celeriac itself reads the frozen settings behind it.
 */
import { humanize, tableOf, type TableOptions } from '../settings/censor.js';
import { settingNamed, settingNames } from '../settings/setting-name.js';
import type { SettingName, Settings, SettingsInput } from '../settings/table.js';
import type { AppSettings } from './app-settings.js';

export interface ConfMethods {
  /** Changes several settings. @throws ConfigError */
  update(values: SettingsInput): void;
  /** What the program has set. */
  readonly changes: SettingsInput;
  /** Settings with their values, secrets hidden (APP-11). */
  table(options?: TableOptions): Readonly<Record<string, unknown>>;
  /** The same as lines of text. */
  humanize(options?: TableOptions): string;
  /** The value of a setting by its parts: `getByParts('task', 'default', 'queue')`. */
  getByParts(...parts: readonly string[]): unknown;
  /** The first of these that has a value. */
  first(...names: readonly string[]): unknown;
  /** Where a setting comes from; null for its default. */
  findValueForKey(name: string): { readonly value: unknown; readonly source: string | null };
  get(name: string, otherwise?: unknown): unknown;
}

export type Conf = { -readonly [K in SettingName]: Settings[K] } & ConfMethods & Record<string, unknown>;

export function createConf(settings: AppSettings): Conf {
  const read = (key: string): unknown => {
    const name = settingNamed(key);
    return name === null ? settings.resolved.extra[key] : settings.settings[name];
  };
  const methods: ConfMethods = {
    update: (values) => {
      settings.change(values);
    },
    get changes() {
      return settings.changes;
    },
    table: (options) => tableOf(settings.resolved, options),
    humanize: (options) => humanize(settings.resolved, options),
    getByParts: (...parts) => read(parts.join('_')),
    first: (...names) => names.map(read).find((value) => value !== null && value !== undefined),
    findValueForKey: (name) => {
      const known = settingNamed(name);
      const layer = known === null ? undefined : settings.resolved.origins.get(known);
      return { value: read(name), source: layer === undefined ? null : (layer.source ?? 'the program') };
    },
    get: (name, otherwise = null) => read(name) ?? otherwise,
  };
  return new Proxy({} as Conf, {
    get: (_, key) => {
      if (typeof key === 'symbol') return undefined;
      return Object.hasOwn(methods, key) ? (Reflect.get(methods, key) as unknown) : read(key);
    },
    set: (_, key, value) => {
      if (typeof key === 'symbol') return false;
      settings.change({ [key]: value as unknown });
      return true;
    },
    has: (_, key) => typeof key === 'string' && (settingNamed(key) !== null || key in settings.resolved.extra),
    ownKeys: () => [...settingNames, ...Object.keys(settings.resolved.extra)],
    getOwnPropertyDescriptor: (_, key) =>
      typeof key === 'symbol' ? undefined : { enumerable: true, configurable: true, value: read(key) },
  });
}
