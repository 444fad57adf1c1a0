/** Relative paths in sqlite addresses: they start at the folder of who wrote them. */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { SettingName, SettingsInput } from './table.js';

const ADDRESSES = [
  'brokerUrl',
  'brokerReadUrl',
  'brokerWriteUrl',
  'resultBackend',
] as const satisfies readonly SettingName[];
const SPELLINGS: ReadonlySet<string> = new Set([
  ...ADDRESSES,
  'broker_url',
  'broker_read_url',
  'broker_write_url',
  'result_backend',
]);

/** The same settings with every relative sqlite address made absolute. @param folder path of the folder */
export function addressesFrom(folder: string, values: SettingsInput): SettingsInput {
  const entries = Object.entries(values).map(([key, value]): [string, unknown] => [
    key,
    SPELLINGS.has(key) ? addressFrom(folder, value) : value,
  ]);
  return Object.fromEntries(entries);
}

function addressFrom(folder: string, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => addressFrom(folder, item));
  if (typeof value !== 'string') return value;
  return value
    .split(';')
    .map((url) => absolute(folder, url))
    .join(';');
}

function absolute(folder: string, url: string): string {
  const [, path, query = ''] = /^sqlite:\/\/([^/?][^?]*)(\?.*)?$/.exec(url) ?? [];
  // The adapter says what is wrong with a path that is not percent-encoded correctly.
  if (path === undefined || /%(?![\da-f]{2})/i.test(path)) return url;
  return `sqlite://${pathToFileURL(resolve(folder, decodeURIComponent(path))).pathname}${query}`;
}
