/**
 * From text to the value of a setting: what stands in an environment variable or on the command line has no type, so
 * the row's is taken. `checkSetting` judges what comes out.
 */
import { ConfigError } from '../kernel/errors.js';
import type { AnyRow } from './setting.js';
import { settingsTable, type SettingName } from './table.js';

const TRUE = /^(true|1|yes|on)$/i;
const FALSE = /^(false|0|no|off)$/i;
const NOTHING = /^(null|none)$/i;

/**
 * Numbers and true or false as they are said; lists with commas between, or as JSON; tables as JSON; `null` or `none`
 * for nothing. Text that is none of it stays text, and is refused where it is checked.
 * @param from where it was written, for the message.
 * @throws ConfigError for malformed JSON.
 */
export function parseSetting(name: SettingName, text: string, from: string): unknown {
  const row: AnyRow = settingsTable[name];
  if (NOTHING.test(text) && (row.nullable || row.fallback !== null)) return null;
  switch (row.kind) {
    case 'integer':
    case 'number':
    case 'rate':
    case 'deliveryMode':
      return numberOr(text);
    case 'boolean':
      return booleanOr(text);
    case 'strings':
      return text.startsWith('[') ? parseJson(name, text, from) : listOf(text);
    case 'mapping':
    case 'retryPolicy':
      return parseJson(name, text, from);
    case 'switchOrMapping':
      return text.startsWith('{') ? parseJson(name, text, from) : booleanOr(text);
    case 'any':
      return /^[[{"\d]/.test(text) ? parseJson(name, text, from) : text;
    default:
      return text;
  }
}

function numberOr(text: string): unknown {
  const value = Number(text);
  return text.trim() === '' || !Number.isFinite(value) ? text : value;
}

function booleanOr(text: string): unknown {
  if (TRUE.test(text)) return true;
  return FALSE.test(text) ? false : text;
}

function listOf(text: string): readonly string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function parseJson(name: SettingName, text: string, from: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ConfigError(`setting ${name} in ${from} must be JSON: ${(error as Error).message}`, { cause: error });
  }
}
