/**
 * What a user wrote → complete, frozen `Settings`. Both spellings are read (`taskAcksLate`, `task_acks_late`); a wrong
 * type is refused with the row's text; an unknown name is kept for the user's own use, unless it is a near miss of a
 * known one (design §9, APP-13).
 */
import { ConfigError } from '../kernel/errors.js';
import type { SettingKind, SettingRow } from './setting.js';
import { nearMiss } from './near-miss.js';
import { settingsTable, type SettingName, type Settings, type SettingsInput } from './table.js';

export interface ResolvedSettings {
  readonly settings: Settings;
  /** Names that are not ours, as they were written. */
  readonly extra: Readonly<Record<string, unknown>>;
}

type AnyRow = SettingRow<SettingKind, boolean>;

const names = Object.keys(settingsTable) as readonly SettingName[];
const nameOf: ReadonlyMap<string, SettingName> = new Map(
  names.flatMap((name) => [
    [name, name],
    [toSnakeCase(name), name],
  ]),
);

/**
 * @param layers each stands above those before it, whichever spelling it uses: the app's own, then the worker's.
 * @throws ConfigError for a near miss, a name given twice in one layer or a value of the wrong type or range.
 */
export function resolveSettings(...layers: readonly SettingsInput[]): ResolvedSettings {
  const given = new Map<SettingName, unknown>();
  const extra = new Map<string, unknown>();
  for (const layer of layers) {
    for (const [name, value] of known(layer, extra)) given.set(name, value);
  }
  const profile = (given.get('reliability') ?? settingsTable.reliability.safe) as Settings['reliability'];
  const entries = names.map((name): [string, unknown] => [
    name,
    given.has(name) ? given.get(name) : settingsTable[name][profile],
  ]);
  return {
    settings: Object.freeze(Object.fromEntries(entries)) as unknown as Settings,
    extra: Object.freeze(Object.fromEntries(extra)),
  };
}

/** The settings of one layer, checked, by their own names; what is not ours goes to `extra`. */
function known(layer: SettingsInput, extra: Map<string, unknown>): ReadonlyMap<SettingName, unknown> {
  const given = new Map<SettingName, unknown>();
  for (const [key, value] of Object.entries(layer)) {
    if (value === undefined) continue;
    const name = nameOf.get(key);
    if (name === undefined) {
      refuseNearMiss(key);
      extra.set(key, value);
    } else if (given.has(name)) {
      throw new ConfigError(`setting ${name} is given twice, as ${name} and ${toSnakeCase(name)}`);
    } else {
      checkSetting(name, value);
      given.set(name, value);
    }
  }
  return given;
}

function refuseNearMiss(key: string): void {
  const meant = nearMiss(key, nameOf.keys());
  if (meant !== null) throw new ConfigError(`unknown setting "${key}"; did you mean "${meant}"?`);
}

/** @throws ConfigError with the row's own words when `value` is not one of `name`'s. */
function checkSetting(name: SettingName, value: unknown): void {
  const row: AnyRow = settingsTable[name];
  const problem = value === null && row.nullable ? null : problemOf(row, value);
  if (problem === null) return;
  const unit = row.unit === null ? '' : `, in ${row.unit}`;
  throw new ConfigError(`setting ${name} ${problem}, not ${show(value)} (${row.meaning}${unit})`);
}

function problemOf(row: AnyRow, value: unknown): string | null {
  switch (row.kind) {
    case 'string':
      return typeof value === 'string' && value !== '' ? null : 'must be a string';
    case 'boolean':
      return typeof value === 'boolean' ? null : 'must be true or false';
    case 'integer':
      return Number.isInteger(value) ? belowMinimum(row, value as number) : 'must be a whole number';
    case 'number':
      return Number.isFinite(value) ? belowMinimum(row, value as number) : 'must be a number';
    case 'strings':
      return Array.isArray(value) && value.every((item) => typeof item === 'string')
        ? null
        : 'must be a list of strings';
    case 'reliability':
      return value === 'safe' || value === 'compat' ? null : 'must be "safe" or "compat"';
  }
}

function belowMinimum(row: AnyRow, value: number): string | null {
  return row.min !== null && value < row.min ? `must be at least ${String(row.min)}` : null;
}

function show(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

/** `taskAcksLate` → `task_acks_late`. */
function toSnakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
