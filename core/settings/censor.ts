/** Settings for the eyes of people: what is secret is hidden (APP-11). Used by reports, by `humanize` and `table`. */
import { settingsTable, type SettingName } from './table.js';
import { settingNames, toSnakeCase } from './setting-name.js';
import type { ResolvedSettings } from './resolve.js';

/** Celery's list of words; a key that has one of them is secret. */
const SECRET = /API|TOKEN|KEY|SECRET|PASS|PROFANITIES_LIST|SIGNATURE|DATABASE|BEAT_DBURI/i;

const MASK = '********';

/**
 * User and password of an address, and secrets among its parameters. A password that was not escaped may have any
 * character, also `/` and `@`: all up to the last `@` is hidden. An address without a scheme is a mistake that is shown, too.
 */
const PASSWORD_IN_URL = /(\/\/[^/?#@\s:;]*|^[^/?#@\s:;]*):(?!\/\/)[^;]*@/g;
const SECRET_IN_QUERY = /([?&][^=&#\s]*(?:password|passwd|secret|token|key)[^=&#\s]*=)[^&#\s]*/gi;

/** What may be shown of a value; nothing that is not there is hidden, so null and empty stay. */
export function censorValue(key: string, value: unknown): unknown {
  if (value === null || value === undefined || value === '') return value;
  if (SECRET.test(key) || SECRET.test(toSnakeCase(key))) return MASK;
  if (typeof value === 'string')
    return value.replace(PASSWORD_IN_URL, `$1:${MASK}@`).replace(SECRET_IN_QUERY, `$1${MASK}`);
  if (Array.isArray(value)) return value.map((item) => censorValue('', item));
  return isPlain(value) ? censor(value) : value;
}

/** The same table with its secrets hidden, at every depth. */
export function censor(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, censorValue(key, value)]));
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

export interface TableOptions {
  /** Also what nobody has changed. @defaultValue false */
  readonly withDefaults?: boolean;
  /** @defaultValue true */
  readonly isCensored?: boolean;
}

/** Celery's `conf.table`: setting → value, of what was given, or of all. */
export function tableOf(resolved: ResolvedSettings, options: TableOptions = {}): Record<string, unknown> {
  const { withDefaults = false, isCensored = true } = options;
  const names = settingNames.filter((name) => withDefaults || resolved.origins.has(name));
  const values = {
    ...Object.fromEntries(names.map((name): [string, unknown] => [name, resolved.settings[name]])),
    ...resolved.extra,
  };
  return isCensored ? censor(values) : values;
}

/** Celery's `conf.humanize`: the same as lines `name: value`. */
export function humanize(resolved: ResolvedSettings, options: TableOptions = {}): string {
  const rows = Object.entries(tableOf(resolved, options));
  return rows.map(([name, value]) => `${name}: ${showValue(value)}`).join('\n');
}

/** One line for a value of any kind. */
export function showValue(value: unknown): string {
  if (typeof value === 'function') return `[function ${value.name}]`;
  if (value instanceof RegExp) return String(value);
  return value === undefined ? 'undefined' : JSON.stringify(value, (_, inner: unknown) => showInner(inner));
}

function showInner(value: unknown): unknown {
  if (typeof value === 'function' || value instanceof RegExp) return showValue(value);
  return typeof value === 'bigint' ? String(value) : value;
}

/** Where a setting has its value from, in words. */
export function originOf(name: SettingName, { origins, settings }: ResolvedSettings): string {
  const layer = origins.get(name);
  if (layer !== undefined) return layer.source ?? 'the program';
  const { fallback } = settingsTable[name];
  return fallback === null ? `default (${settings.reliability})` : `as ${fallback}`;
}
