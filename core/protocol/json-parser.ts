/**
 * The exact JSON reader: keeps integers beyond 2^53 as bigint and reads what Python writes beyond JSON: `NaN`,
 * `Infinity`, `-Infinity` (protocol.md §0 rule 7). Called by json-decode.ts when `JSON.parse` would lose digits or has
 * failed; it must not be called before the depth of the text was bounded, because it recurses.
 */
import { ProtocolError } from '../kernel/errors.js';

/** Python refuses longer integers as well (`sys.int_info.default_max_str_digits`): reading them is quadratic. */
const MAX_INTEGER_DIGITS = 4300;

const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
const NEEDS_UNESCAPE = /[\\\p{Cc}]/u;

/** @throws ProtocolError with the position; the text itself, user data, is not quoted. */
export function parseExactJson(text: string): unknown {
  const parser = new Parser(text);
  return parser.parse();
}

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): unknown {
    this.#skipSpace();
    const value = this.#value();
    this.#skipSpace();
    if (this.#at !== this.#text.length) throw this.#error('end of text');
    return value;
  }

  #value(): unknown {
    switch (this.#text[this.#at]) {
      case '{':
        return this.#object();
      case '[':
        return this.#array();
      case '"':
        return this.#string();
      case 't':
        return this.#word('true', true);
      case 'f':
        return this.#word('false', false);
      case 'n':
        return this.#word('null', null);
      case 'N':
        return this.#word('NaN', NaN);
      case 'I':
        return this.#word('Infinity', Infinity);
      default:
        return this.#number();
    }
  }

  #object(): object {
    const table: Record<string, unknown> = {};
    this.#at++;
    this.#skipSpace();
    if (this.#take('}')) return table;
    for (;;) {
      this.#skipSpace();
      if (this.#text[this.#at] !== '"') throw this.#error('a string');
      const name = this.#string();
      this.#skipSpace();
      if (!this.#take(':')) throw this.#error("':'");
      this.#skipSpace();
      const value = this.#value();
      // Assignment to `__proto__` would call its setter; JSON.parse defines an own property, and so do we.
      if (name === '__proto__') {
        Object.defineProperty(table, name, { value, writable: true, enumerable: true, configurable: true });
      } else table[name] = value;
      this.#skipSpace();
      if (this.#take('}')) return table;
      if (!this.#take(',')) throw this.#error("',' or '}'");
    }
  }

  #array(): unknown[] {
    const list: unknown[] = [];
    this.#at++;
    this.#skipSpace();
    if (this.#take(']')) return list;
    for (;;) {
      this.#skipSpace();
      list.push(this.#value());
      this.#skipSpace();
      if (this.#take(']')) return list;
      if (!this.#take(',')) throw this.#error("',' or ']'");
    }
  }

  #string(): string {
    const start = this.#at;
    const end = findStringEnd(this.#text, start);
    if (end === -1) throw this.#error('a closed string');
    this.#at = end + 1;
    const inner = this.#text.slice(start + 1, end);
    if (!NEEDS_UNESCAPE.test(inner)) return inner;
    try {
      return JSON.parse(this.#text.slice(start, end + 1)) as string;
    } catch {
      this.#at = start;
      throw this.#error('a string without bad escapes');
    }
  }

  #number(): number | bigint {
    if (this.#text.startsWith('-Infinity', this.#at)) return this.#word('-Infinity', -Infinity);
    NUMBER.lastIndex = this.#at;
    const match = NUMBER.exec(this.#text);
    if (match === null) throw this.#error('a value');
    const digits = match[0];
    if (match[1] !== undefined || match[2] !== undefined) {
      this.#at += digits.length;
      return Number(digits);
    }
    if (digits.length > MAX_INTEGER_DIGITS)
      throw this.#error(`an integer of at most ${String(MAX_INTEGER_DIGITS)} digits`);
    this.#at += digits.length;
    const value = Number(digits);
    return Number.isSafeInteger(value) ? value : BigInt(digits);
  }

  #word<T>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) throw this.#error('a value');
    this.#at += word.length;
    return value;
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #skipSpace(): void {
    for (;;) {
      const c = this.#text.charCodeAt(this.#at);
      if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) return;
      this.#at++;
    }
  }

  #error(expected: string): ProtocolError {
    return new ProtocolError(`not JSON: expected ${expected} at position ${String(this.#at)}`);
  }
}

/** Position of the quote that ends the string that begins at `start`; -1 when it is not closed. */
export function findStringEnd(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end !== -1) {
    let before = end - 1;
    while (text.charCodeAt(before) === 0x5c) before--;
    if ((end - before) % 2 === 1) return end;
    end = text.indexOf('"', end + 1);
  }
  return -1;
}
