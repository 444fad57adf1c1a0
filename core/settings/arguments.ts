/**
 * Settings as words of the command line: `worker_concurrency=4`, `worker.concurrency=4`, `.concurrency=4` for the
 * command's own chapter, and `(int)4` where the type is to be said (APP-10).
 */
import { ConfigError } from '../kernel/errors.js';
import { parseSetting } from './parse-setting.js';
import type { SettingsLayer } from './resolve.js';
import { meantSetting, settingNamed } from './setting-name.js';

const CASTS: Readonly<Record<string, (text: string) => unknown>> = {
  int: (text) => numberOf(text, Number.isInteger),
  float: (text) => numberOf(text, Number.isFinite),
  string: (text) => text,
  any: (text) => text,
  bool: (text) => (/^(false|no|0|off|)$/i.test(text) ? false : true),
  dict: (text) => JSON.parse(text) as unknown,
  list: listOf,
  tuple: listOf,
};

/**
 * @param namespace chapter of `.key=value`, as `worker`.
 * @throws ConfigError for a word that is no setting, nearly one, or not of its type.
 */
export function settingsFromArguments(words: readonly string[], namespace: string): SettingsLayer {
  return {
    source: 'the command line',
    values: Object.fromEntries(words.map((word) => entryOf(word, namespace))),
  };
}

function entryOf(word: string, namespace: string): [string, unknown] {
  const at = word.indexOf('=');
  if (at < 1) throw new ConfigError(`"${word}" is no setting: write key=value, as worker_concurrency=4`);
  const written = word.slice(0, at);
  const text = word.slice(at + 1);
  const key = /^[._]/.test(written) ? `${namespace}_${written.slice(1)}` : written.replaceAll('.', '_');
  const setting = settingNamed(key) ?? settingNamed(key.toLowerCase());
  const source = `"${word}"`;
  const [, type, castText] = /^\((\w+)\)([^]*)$/.exec(text) ?? [];
  const cast = type === undefined ? undefined : CASTS[type];
  if (cast !== undefined) return [setting ?? key, castTo(cast, castText ?? '', { word, type: type ?? '' })];
  if (setting !== null) return [setting, parseSetting(setting, text, source)];
  const meant = meantSetting(key.toLowerCase());
  if (meant !== null) throw new ConfigError(`unknown setting "${key}"; did you mean "${meant}"?`);
  return [key, text];
}

function castTo(
  cast: (text: string) => unknown,
  text: string,
  { word, type }: { readonly word: string; readonly type: string },
): unknown {
  try {
    return cast(text);
  } catch (error) {
    throw new ConfigError(`"${word}": ${JSON.stringify(text)} is no ${type}`, { cause: error });
  }
}

function numberOf(text: string, isRight: (value: number) => boolean): number {
  const value = Number(text);
  if (text.trim() === '' || !isRight(value)) throw new RangeError(text);
  return value;
}

function listOf(text: string): unknown {
  return text.startsWith('[') ? (JSON.parse(text) as unknown) : text.split(',');
}
