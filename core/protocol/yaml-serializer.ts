/**
 * YAML (WIRE-22) as PyYAML's `safe_dump` and `safe_load` know it: version 1.1 with timestamps and binary data, and no tag
 * beyond its own. Written in flow style with every text quoted, so that none is taken for a number or a date. Members and
 * clients; the library is loaded when the first such message is read.
 */
import { createRequire } from 'node:module';
import type * as Yaml from 'yaml';
import { EncodeError, ProtocolError } from '../kernel/errors.js';
import type { Serializer } from '../ports/serializer.js';
import { formatInstant } from './iso-instant.js';
import { decodeUtf8 } from './json-decode.js';
import { tooDeep, tooLongString, tooManyValues, type MessageLimits } from './message-limits.js';
import { PyDateTime } from './python-datetime.js';
import { formatPythonFloat } from './python-float.js';
import { PyDate } from './python-values.js';
import { ValueWriter, type TextDialect } from './value-writer.js';

/** Times that one anchor may be repeated; beyond it lies the bomb of nested aliases (reliability.md M7). */
const MAX_ALIASES = 100;

/** Values, blanks, line ends and signs of one message. A million take the library seconds, 16 MiB of them minutes. */
const MAX_LEXEMES = 500_000;

/** Longest key that PyYAML reads without a question mark. */
const MAX_SIMPLE_KEY = 100;

let loaded: typeof Yaml | null = null;

function library(): typeof Yaml {
  loaded ??= createRequire(import.meta.url)('yaml') as typeof Yaml;
  return loaded;
}

const dialect: TextDialect = {
  format: 'YAML',
  number: (value, isFloat) => {
    if (Number.isNaN(value)) return '.nan';
    if (!Number.isFinite(value)) return value > 0 ? '.inf' : '-.inf';
    if (Number.isSafeInteger(value) && !Object.is(value, -0) && !isFloat) return String(value);
    const text = formatPythonFloat(value);
    // Without a point YAML 1.1 takes an exponent for a text.
    return text.includes('.') ? text : text.replace('e', '.0e');
  },
  typed: (value) => {
    if (value instanceof PyDateTime) return timestamp(value.isoText ?? formatInstant(value.getTime()));
    if (value instanceof Date) return timestamp(formatInstant(value.getTime()));
    if (value instanceof PyDate) return timestamp(value.toString());
    if (!(value instanceof Uint8Array)) return null;
    return `!!binary "${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64')}"`;
  },
  registered: () => null,
  key: (name) => (name.length > MAX_SIMPLE_KEY ? `? ${JSON.stringify(name)} : ` : `${JSON.stringify(name)}: `),
};

function timestamp(text: string): string {
  return `!!timestamp "${text}"`;
}

export const yamlSerializer: Serializer = {
  name: 'yaml',
  contentType: 'application/x-yaml',
  contentEncoding: 'utf-8',
  encode: (value) => Buffer.from(`${new ValueWriter(dialect).write(value)}\n`, 'utf8'),
  decode: (bytes, limits) => {
    const text = decodeUtf8(bytes);
    checkShape(text, limits);
    return new Reading(limits).value(parse(text), 0);
  },
};

/**
 * Depth and number of lexemes, before anything is composed. The composer recurses, and V8 ends the whole process when it
 * compiles a regular expression near the end of its stack: five thousand brackets did that. Lexer and parser keep lists.
 */
function checkShape(text: string, limits: MessageLimits): void {
  const { Lexer, Parser } = library();
  const parser = new Parser();
  // Two entries a level at most, and the document with what it begins with; the exact depth is checked when values are read.
  const maxStack = 2 * limits.maxDepth + 4;
  let lexemes = 0;
  for (const lexeme of new Lexer().lex(text)) {
    if (++lexemes > MAX_LEXEMES) {
      throw new ProtocolError(`YAML of more than ${String(MAX_LEXEMES)} lexemes`, { reason: 'too-many-values' });
    }
    // The parser moves as its tokens are taken; they themselves are not looked at.
    const tokens = parser.next(lexeme);
    for (let step = tokens.next(); step.done !== true;) step = tokens.next();
    if (parser.stack.length > maxStack) throw tooDeep(limits);
  }
}

function parse(text: string): unknown {
  const { parseDocument } = library();
  try {
    const document = parseDocument(text, {
      version: '1.1',
      schema: 'yaml-1.1',
      intAsBigInt: true,
      uniqueKeys: false,
      logLevel: 'error',
      customTags: (tags) => [timestampTag, ...tags.filter((tag) => tag !== 'timestamp' && !isTimestampTag(tag))],
    });
    const problem = document.errors[0] ?? document.warnings[0];
    if (problem !== undefined) throw new ProtocolError(`not YAML: ${problem.code}`, { reason: 'undecodable' });
    return document.toJS({ maxAliasCount: MAX_ALIASES }) as unknown;
  } catch (error) {
    if (error instanceof ProtocolError) throw error;
    // Nesting beyond the stack, too many aliases, a date that is none.
    throw new ProtocolError('not YAML that is read', { reason: 'undecodable', cause: error });
  }
}

const TIMESTAMP_TAG = 'tag:yaml.org,2002:timestamp';

function isTimestampTag(tag: unknown): boolean {
  return typeof tag === 'object' && tag !== null && (tag as { tag?: unknown }).tag === TIMESTAMP_TAG;
}

/** The library's own drops microseconds and makes midnights of dates. */
const timestampTag: Yaml.ScalarTag = {
  tag: TIMESTAMP_TAG,
  default: true,
  test: /^\d{4}-(?:\d\d-\d\d|\d\d?-\d\d?(?:[Tt]|[ \t]+)\d\d?:\d\d:\d\d(?:\.\d*)?(?:[ \t]*(?:Z|[-+]\d\d?(?::?\d\d)?))?)$/,
  resolve: readTimestamp,
};

const DATE_ONLY = /^(\d{4})-(\d\d?)-(\d\d?)$/;

function readTimestamp(text: string): unknown {
  const day = DATE_ONLY.exec(text);
  if (day !== null) return new PyDate(Number(day[1]), Number(day[2]), Number(day[3]));
  const m =
    /^(\d{4})-(\d\d?)-(\d\d?)(?:[Tt]|[ \t]+)(\d\d?):(\d\d):(\d\d)(?:\.(\d*))?[ \t]*(Z|[-+]\d\d?(?::?\d\d)?)?$/.exec(
      text,
    );
  if (m === null) throw new EncodeError('not a timestamp');
  const two = (digits: string | undefined): string => (digits ?? '').padStart(2, '0');
  const fraction = (m[7] ?? '').slice(0, 6).padEnd(6, '0');
  const clock = `${two(m[4])}:${two(m[5])}:${two(m[6])}${fraction === '000000' ? '' : `.${fraction}`}`;
  return PyDateTime.read(`${m[1] ?? ''}-${two(m[2])}-${two(m[3])}T${clock}${offsetOf(m[8])}`);
}

function offsetOf(text: string | undefined): string {
  if (text === undefined) return '';
  if (text === 'Z') return '+00:00';
  const [hours = '', minutes = '00'] =
    text
      .slice(1)
      .replace(':', '')
      .match(/^\d\d?(?=\d\d$|$)|\d\d$/g) ?? [];
  return `${text.slice(0, 1)}${hours.padStart(2, '0')}:${minutes}`;
}

/** The library's values as ours, within the limits: what an alias repeats counts each time. */
class Reading {
  readonly #limits: MessageLimits;
  #nodes = 0;

  constructor(limits: MessageLimits) {
    this.#limits = limits;
  }

  value(value: unknown, depth: number): unknown {
    if (++this.#nodes > this.#limits.maxNodes) throw tooManyValues(this.#limits);
    if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value;
    if (typeof value === 'string') return this.#text(value);
    if (typeof value !== 'object' || value === null) return value;
    if (value instanceof Uint8Array) return Buffer.from(value);
    if (value instanceof Date || value instanceof PyDate) return value;
    if (depth === this.#limits.maxDepth) throw tooDeep(this.#limits);
    if (Array.isArray(value) || value instanceof Set)
      return Array.from(value as Iterable<unknown>, (item) => this.value(item, depth + 1));
    const table = {};
    for (const [name, field] of value instanceof Map ? (value as Map<unknown, unknown>) : Object.entries(value)) {
      Object.defineProperty(table, String(name), {
        value: this.value(field, depth + 1),
        writable: true,
        enumerable: true,
        configurable: true,
      });
    }
    return table;
  }

  #text(text: string): string {
    if (text.length > this.#limits.maxStringBytes) throw tooLongString(this.#limits);
    return text;
  }
}
