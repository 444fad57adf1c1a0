/**
 * Settings for another thread: without those that no thread can be given (a route that is a function, a class of one's
 * own). The other thread loads the same module and has them from there.
 */
import { settingNames } from './setting-name.js';
import type { SettingsInput, Settings } from './table.js';

/** Whether a value arrives whole: plain data, with regular expressions, dates and bytes. */
function isTransferable(value: unknown): boolean {
  if (typeof value === 'function' || typeof value === 'symbol') return false;
  if (typeof value !== 'object' || value === null) return true;
  if (value instanceof RegExp || value instanceof Date || value instanceof Uint8Array) return true;
  if (Array.isArray(value)) return value.every(isTransferable);
  const prototype: unknown = Object.getPrototypeOf(value);
  return (prototype === Object.prototype || prototype === null) && Object.values(value).every(isTransferable);
}

/** What of the settings a thread can be given, to stand above those in its module. */
export function transferableSettings(settings: Settings): SettingsInput {
  const entries = settingNames.map((name): readonly [string, unknown] => [name, settings[name]]);
  return Object.fromEntries(entries.filter(([, value]) => isTransferable(value)));
}
