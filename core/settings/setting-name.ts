/** Names of settings in both spellings: `taskAcksLate`, ours, and `task_acks_late`, Celery's. */
import { nearMiss } from '../kernel/near-miss.js';
import { settingsTable, type SettingName } from './table.js';

/** Every setting, in the order of the table. */
export const settingNames = Object.keys(settingsTable) as readonly SettingName[];

/** `taskAcksLate` → `task_acks_late`. */
export function toSnakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Both spellings → the setting. Celery writes `s3_bucket`, which is also what `s3Bucket` becomes. */
const known: ReadonlyMap<string, SettingName> = new Map(
  settingNames.flatMap((name) => [
    [name, name],
    [toSnakeCase(name), name],
  ]),
);

/** The setting of that name, in either spelling; null when there is none. */
export function settingNamed(key: string): SettingName | null {
  return known.get(key) ?? null;
}

/** The known spelling that a mistyped name is nearest to; null when none is near. */
export function meantSetting(key: string): string | null {
  return nearMiss(key, known.keys());
}
