/**
 * Python-looking text of arguments for the headers `argsrepr` and `kwargsrepr` (NM-10, WIRE-05): for people and monitors,
 * never read back. Runs for every message that is published, and never throws.
 *
 * Like Celery's `saferepr`: containers deeper than three are `[...]`, and the text ends in `...` at about 1024
 * characters, with its brackets closed.
 */
import { isUtf8 } from 'node:buffer';
import { keepHiddenClass } from '../kernel/hidden-class.js';
import { formatPythonFloat } from './python-float.js';
import { Decimal, PyDate, PyFloat, PyTime, Uuid } from './python-values.js';

const MAX_CHARACTERS = 1024;
const MAX_LEVELS = 3;

/** `(1, 2)`, `(1,)`, `()`. @param maxCharacters about where the text is cut */
export function argsRepr(args: readonly unknown[], maxCharacters = MAX_CHARACTERS): string {
  const repr = new PythonRepr(maxCharacters);
  repr.sequence(args, args.length === 1 ? TUPLE_OF_ONE : TUPLE);
  return repr.text;
}

/** `{'k': 1}`, `{}`. */
export function kwargsRepr(kwargs: Readonly<Record<string, unknown>>, maxCharacters = MAX_CHARACTERS): string {
  const entries = Object.entries(kwargs);
  if (entries.length === 0) return '{}';
  const repr = new PythonRepr(maxCharacters);
  repr.mapping(entries);
  return repr.text;
}

/** `'text'`, `[1, 2]`, `{'k': 1}`: one value. */
export function pythonRepr(value: unknown, maxCharacters = MAX_CHARACTERS): string {
  const repr = new PythonRepr(maxCharacters);
  repr.value(value);
  return repr.text;
}

interface Brackets {
  readonly open: string;
  readonly close: string;
}
const TUPLE: Brackets = { open: '(', close: ')' };
const TUPLE_OF_ONE: Brackets = { open: '(', close: ',)' };
const LIST: Brackets = { open: '[', close: ']' };
const SET: Brackets = { open: '{', close: '}' };
const DICT: Brackets = { open: '{', close: '}' };

class PythonRepr {
  text = '';
  readonly #maxCharacters: number;
  #level = 0;

  constructor(maxCharacters: number) {
    this.#maxCharacters = maxCharacters;
  }

  sequence(values: Iterable<unknown>, brackets: Brackets): void {
    this.#container(values, brackets, (value) => {
      this.value(value);
    });
  }

  mapping(entries: Iterable<readonly [unknown, unknown]>): void {
    this.#container(entries, DICT, ([key, value]) => {
      this.value(key);
      this.text += ': ';
      this.value(value);
    });
  }

  #container<T>(items: Iterable<T>, { open, close }: Brackets, write: (item: T) => void): void {
    if (this.#level === MAX_LEVELS) {
      this.text += `${open}...${close}`;
      return;
    }
    this.#level++;
    this.text += open;
    let isFirst = true;
    for (const item of items) {
      if (this.text.length > this.#maxCharacters) {
        if (!this.text.endsWith('...')) this.text += ', ...';
        break;
      }
      if (!isFirst) this.text += ', ';
      isFirst = false;
      write(item);
    }
    this.text += close;
    this.#level--;
  }

  value(value: unknown): void {
    switch (typeof value) {
      case 'string':
        this.#string(value, '');
        break;
      case 'number':
        this.text += formatNumber(value);
        break;
      case 'bigint':
        this.text += value.toString();
        break;
      case 'boolean':
        this.text += value ? 'True' : 'False';
        break;
      case 'object':
        if (value === null) this.text += 'None';
        else this.#object(value);
        break;
      case 'undefined':
        this.text += 'None';
        break;
      default:
        this.text += `<${typeof value}>`;
    }
  }

  #object(value: object): void {
    if (Array.isArray(value)) this.sequence(value, LIST);
    else if (value instanceof Uint8Array) this.#bytes(value);
    else if (value instanceof Map) this.mapping(value);
    else if (value instanceof Set && value.size > 0) this.sequence(value, SET);
    else {
      const text = namedRepr(value);
      if (text !== null) this.text += text;
      else this.#unknownObject(value);
    }
  }

  /** User code, `toJSON` or a getter, runs here and may throw. */
  #unknownObject(value: object): void {
    const start = this.text.length;
    const level = this.#level;
    try {
      const { toJSON } = value as { toJSON?: unknown };
      if (typeof toJSON === 'function' && this.#level < MAX_LEVELS) {
        this.#level++;
        this.value(toJSON.call(value, ''));
      } else this.mapping(Object.entries(value));
    } catch {
      this.text = `${this.text.slice(0, start)}<unrepresentable>`;
    }
    this.#level = level;
  }

  #bytes(bytes: Uint8Array): void {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    // Celery shows other bytes as hexadecimal digits.
    if (isUtf8(buffer)) this.#string(buffer.toString('utf8'), 'b');
    else this.#string(buffer.toString('hex', 0, this.#maxCharacters), 'b');
  }

  #string(value: string, prefix: string): void {
    const room = Math.max(3, this.#maxCharacters - this.text.length);
    const text = value.length > room ? `${value.slice(0, room)}...` : value;
    this.text += prefix + quote(text);
  }
}

/** Values with a repr of their own; null for all others. */
function namedRepr(value: object): string | null {
  if (value instanceof Date) return dateRepr(value);
  if (value instanceof Decimal) return `Decimal('${value.toString()}')`;
  if (value instanceof Uuid) return `UUID('${value.toString()}')`;
  if (value instanceof PyFloat) return formatPythonFloat(value.value);
  if (value instanceof PyDate)
    return `datetime.date(${String(value.year)}, ${String(value.month)}, ${String(value.day)})`;
  if (value instanceof PyTime) return `datetime.time(${clockParts(value.hour, value.minute, value)})`;
  return value instanceof Set ? 'set()' : null;
}

function dateRepr(date: Date): string {
  if (Number.isNaN(date.getTime())) return '<invalid date>';
  const day = `${String(date.getUTCFullYear())}, ${String(date.getUTCMonth() + 1)}, ${String(date.getUTCDate())}`;
  const rest = { second: date.getUTCSeconds(), microsecond: date.getUTCMilliseconds() * 1000 };
  return `datetime.datetime(${day}, ${clockParts(date.getUTCHours(), date.getUTCMinutes(), rest)}, tzinfo=datetime.timezone.utc)`;
}

/** Python leaves out seconds and microseconds that are zero, from the end. */
function clockParts(
  hour: number,
  minute: number,
  rest: { readonly second: number; readonly microsecond: number },
): string {
  const parts = [hour, minute];
  if (rest.second !== 0 || rest.microsecond !== 0) parts.push(rest.second);
  if (rest.microsecond !== 0) parts.push(rest.microsecond);
  return parts.join(', ');
}

function formatNumber(value: number): string {
  return Number.isSafeInteger(value) && !Object.is(value, -0) ? String(value) : formatPythonFloat(value);
}

const NEEDS_ESCAPE = /['\\]|[^ -~]/;
/** What Python's `str.isprintable` calls unprintable, and the backslash. */
const UNPRINTABLE = /\\|[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu;

/** As Python's `repr()` of a string. */
function quote(text: string): string {
  if (!NEEDS_ESCAPE.test(text)) return `'${text}'`;
  const escaped = text.replace(UNPRINTABLE, escape);
  if (!escaped.includes("'")) return `'${escaped}'`;
  return escaped.includes('"') ? `'${escaped.replaceAll("'", "\\'")}'` : `"${escaped}"`;
}

const SHORT_ESCAPES: ReadonlyMap<string, string> = new Map([
  ['\\', '\\\\'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);

function escape(character: string): string {
  const short = SHORT_ESCAPES.get(character);
  if (short !== undefined) return short;
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  if (code < 0x100) return `\\x${hex.padStart(2, '0')}`;
  return code < 0x10000 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}

keepHiddenClass(new PythonRepr(0));
