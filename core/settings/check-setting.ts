/**
 * One value against its row: what is kept of it, or `ConfigError` with the row's own words. Called by `resolve.ts` for
 * every value that a user gives; never for defaults.
 */
import { ConfigError } from '../kernel/errors.js';
import type { AnyRow, RetryPolicy, SettingKind } from './setting.js';
import { settingsTable, type SettingName } from './table.js';

/** What is wrong with a value; a return of this kind never leaves the file. */
class Problem {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/**
 * The value as it is kept.
 * @param from where it was written, for the message; null when that is plain.
 * @throws ConfigError when it is not one of the row's.
 */
export function checkSetting(name: SettingName, value: unknown, from: string | null = null): unknown {
  const row: AnyRow = settingsTable[name];
  if (value === null && (row.nullable || row.fallback !== null)) return null;
  const kept = row.kind === 'choice' ? wordOf(row.words, value) : checks[row.kind](value, row);
  if (!(kept instanceof Problem)) return kept;
  const unit = row.unit === null ? '' : `, in ${row.unit}`;
  const place = from === null ? '' : ` in ${from}`;
  throw new ConfigError(`setting ${name}${place} ${kept.text}, not ${show(value)} (${row.meaning}${unit})`);
}

type Check = (value: unknown, row: AnyRow) => unknown;

const checks: Readonly<Record<SettingKind, Check>> = {
  string: (value) => (typeof value === 'string' && value !== '' ? value : new Problem('must be a string')),
  text: (value) => (typeof value === 'string' ? value : new Problem('must be a string')),
  boolean: (value) => (typeof value === 'boolean' ? value : new Problem('must be true or false')),
  integer: (value, row) =>
    Number.isInteger(value) ? bounded(row, value as number) : notNumber('a whole number', value, row),
  number: (value, row) => (Number.isFinite(value) ? bounded(row, value as number) : notNumber('a number', value, row)),
  strings: (value) => (isStrings(value) ? value : new Problem('must be a list of strings')),
  urls: checkUrls,
  mapping: (value) => (isMapping(value) ? value : new Problem('must be an object')),
  switchOrMapping: (value) =>
    typeof value === 'boolean' || isMapping(value) ? value : new Problem('must be true, false or an object'),
  retryPolicy: checkRetryPolicy,
  rate: checkRate,
  deliveryMode: checkDeliveryMode,
  timeZone: checkTimeZone,
  bytes: (value) =>
    typeof value === 'string' || value instanceof Uint8Array ? value : new Problem('must be a string or bytes'),
  callable: (value) =>
    typeof value === 'function' || (typeof value === 'string' && value !== '')
      ? value
      : new Problem('must be a function or class, or the specifier of its module'),
  any: (value) => value,
};

function wordOf(words: readonly string[], value: unknown): unknown {
  const word = typeof value === 'string' ? words.find((w) => w.toLowerCase() === value.toLowerCase()) : undefined;
  return word ?? new Problem(`must be ${words.map((w) => `"${w}"`).join(' or ')}`);
}

function bounded(row: AnyRow, value: number): unknown {
  return row.min !== null && value < row.min ? new Problem(`must be at least ${String(row.min)}`) : value;
}

const SECONDS_OF: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, min: 60, h: 3_600, d: 86_400 };

/** A number with a unit ("10s") is refused too, for the unit is fixed; what to write instead is said. */
function notNumber(wanted: string, value: unknown, row: AnyRow): Problem {
  const [, count, unit] = typeof value === 'string' ? (/^(\d+(?:\.\d+)?)\s*(ms|s|m|min|h|d)$/.exec(value) ?? []) : [];
  const seconds = unit === undefined ? undefined : SECONDS_OF[unit];
  if (seconds === undefined || (row.unit !== 's' && row.unit !== 'ms')) return new Problem(`must be ${wanted}`);
  const amount = (Number(count) * seconds) / (row.unit === 's' ? 1 : 0.001);
  return new Problem(`must be ${wanted} without a unit, here ${String(amount)}`);
}

function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function checkUrls(value: unknown): unknown {
  if (typeof value === 'string' && value !== '') return value;
  if (isStrings(value) && value.length > 0 && !value.includes('')) return value.join(';');
  return new Problem('must be a string, or a list of strings');
}

const DEFAULT_POLICY: RetryPolicy = { maxRetries: 3, intervalStart: 0, intervalStep: 0.2, intervalMax: 1 };
const POLICY_NAMES: Readonly<Record<string, keyof RetryPolicy>> = {
  maxRetries: 'maxRetries',
  max_retries: 'maxRetries',
  intervalStart: 'intervalStart',
  interval_start: 'intervalStart',
  intervalStep: 'intervalStep',
  interval_step: 'intervalStep',
  intervalMax: 'intervalMax',
  interval_max: 'intervalMax',
};

function checkRetryPolicy(value: unknown): unknown {
  if (!isMapping(value)) return new Problem('must be an object');
  const policy: Record<string, unknown> = { ...DEFAULT_POLICY };
  for (const [key, given] of Object.entries(value)) {
    const name = POLICY_NAMES[key];
    if (name === undefined) return new Problem(`has no "${key}"`);
    const isNumber = typeof given === 'number' && given >= 0;
    if (!isNumber && !(given === null && name === 'maxRetries')) return new Problem(`must have a number as ${name}`);
    policy[name] = given;
  }
  return Object.freeze(policy);
}

function checkRate(value: unknown): unknown {
  if (typeof value === 'number' && value >= 0) return value;
  if (typeof value === 'string' && /^\d+(\.\d+)?(\/[smh])?$/.test(value)) return value;
  return new Problem('must be a rate, as 10, "10/s", "10/m" or "0.5/h"');
}

function checkDeliveryMode(value: unknown): unknown {
  if (value === 1 || value === 'transient') return 1;
  if (value === 2 || value === 'persistent') return 2;
  return new Problem('must be 1 or "transient", 2 or "persistent"');
}

function checkTimeZone(value: unknown): unknown {
  if (typeof value !== 'string') return new Problem('must be the name of a time zone');
  try {
    new Intl.DateTimeFormat('en', { timeZone: value });
    return value;
  } catch {
    return new Problem('must be the name of a time zone, as Europe/Oslo');
  }
}

function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'function') return 'a function';
  return Array.isArray(value) ? `[${value.map(show).join(', ')}]` : String(value);
}
