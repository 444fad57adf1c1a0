/**
 * Values that Python has and JavaScript lacks, so that they pass through a Node task without loss (WIRE-27). Immutable;
 * each prints itself as Python's `str()` does, and so does `JSON.stringify` of user code.
 */
import { EncodeError } from '../kernel/errors.js';
import { dayStartEpochMs } from './iso-instant.js';

/** A calendar date without time or zone: Python's `datetime.date`. */
export class PyDate {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;

  /** @throws EncodeError when there is no such day between the years 1 and 9999. */
  constructor(year: number, month: number, day: number) {
    if (!(year <= 9999) || dayStartEpochMs(year, month, day) === null) {
      throw new EncodeError(`there is no day ${String(year)}-${String(month)}-${String(day)}`);
    }
    this.year = year;
    this.month = month;
    this.day = day;
  }

  /** `YYYY-MM-DD`. */
  toString(): string {
    return `${pad(this.year, 4)}-${pad(this.month, 2)}-${pad(this.day, 2)}`;
  }

  toJSON(): string {
    return this.toString();
  }
}

const TIME =
  /^([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:\.(\d{1,6})\d{0,3})?)?(Z|[+-]\d\d:?\d\d(?::?\d\d(?:\.\d+)?)?)?$/;

/** A time of day, with or without offset: Python's `datetime.time`. */
export class PyTime {
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly microsecond: number;
  /** `Z` or `+02:00`; null for a naive time. */
  readonly offset: string | null;
  readonly #text: string;

  /** @param text `HH:MM[:SS[.ffffff]][offset]`. @throws EncodeError when it is not. */
  constructor(text: string) {
    const m = TIME.exec(text);
    if (m === null) throw new EncodeError('not a time of day: HH:MM:SS[.ffffff][offset] expected');
    this.hour = Number(m[1]);
    this.minute = Number(m[2]);
    this.second = Number(m[3] ?? 0);
    this.microsecond = Number((m[4] ?? '').padEnd(6, '0'));
    this.offset = m[5] ?? null;
    const fraction = this.microsecond === 0 ? '' : `.${pad(this.microsecond, 6)}`;
    const offset = this.offset === 'Z' ? '+00:00' : (this.offset ?? '');
    this.#text = `${pad(this.hour, 2)}:${pad(this.minute, 2)}:${pad(this.second, 2)}${fraction}${offset}`;
  }

  /** `HH:MM:SS[.ffffff][offset]`. */
  toString(): string {
    return this.#text;
  }

  toJSON(): string {
    return this.#text;
  }
}

const DECIMAL = /^[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|s?nan\d*|inf(?:inity)?)$/i;

/** A decimal number with all its digits: Python's `decimal.Decimal`. It does no arithmetic. */
export class Decimal {
  readonly #text: string;

  /** @throws EncodeError when Python's Decimal would not read the text. */
  constructor(text: string) {
    if (!DECIMAL.test(text)) throw new EncodeError('not a decimal number');
    this.#text = text;
  }

  /** What `console.log` shows: the text is private and would not be seen. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return `Decimal('${this.#text}')`;
  }

  toString(): string {
    return this.#text;
  }

  toJSON(): string {
    return this.#text;
  }
}

const UUID_HEX = /^[0-9a-f]{32}$/;

/** Python's `uuid.UUID`. */
export class Uuid {
  /** 32 lower-case hexadecimal digits. */
  readonly hex: string;

  /** @param text with or without hyphens. @throws EncodeError when it is no UUID. */
  constructor(text: string) {
    const hex = text.length > 45 ? '' : text.replaceAll('-', '').toLowerCase();
    if (!UUID_HEX.test(hex)) throw new EncodeError('not a UUID');
    this.hex = hex;
  }

  /** With hyphens. */
  toString(): string {
    const h = this.hex;
    return `${h.slice(0, 8)}-${h.slice(8, 12)}-${h.slice(12, 16)}-${h.slice(16, 20)}-${h.slice(20)}`;
  }

  toJSON(): string {
    return this.toString();
  }
}

/** A number that Python shall see as float although it is whole (NM-11); it comes back as a plain number. */
export class PyFloat {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }

  toJSON(): number {
    return this.value;
  }
}

/** `pyFloat(1)` is written `1.0`, where the number `1` is written `1`, an int to Python. */
export function pyFloat(value: number): PyFloat {
  return new PyFloat(value);
}

/** A span of time: Python's `datetime.timedelta`, normalised as there. JSON has no form for it but a text. */
export class PyTimeDelta {
  /** May be negative. */
  readonly days: number;
  /** 0 to 86399. */
  readonly seconds: number;
  /** 0 to 999999. */
  readonly microseconds: number;

  /** @throws EncodeError when the parts are not those of a normalised span. */
  constructor(days: number, seconds: number, microseconds: number) {
    const isNormal =
      Number.isInteger(days) && Math.abs(days) < 1e9 && isBelow(seconds, 86_400) && isBelow(microseconds, 1_000_000);
    if (!isNormal) throw new EncodeError('not a normalised span of days, seconds and microseconds');
    this.days = days;
    this.seconds = seconds;
    this.microseconds = microseconds;
  }

  /** In seconds, with the precision of a number. */
  get totalSeconds(): number {
    return this.days * 86_400 + this.seconds + this.microseconds / 1e6;
  }

  /** `1 day, 2:03:04.000005`, as Python's `str()`. */
  toString(): string {
    const days = this.days === 0 ? '' : `${String(this.days)} day${Math.abs(this.days) === 1 ? '' : 's'}, `;
    const minutes = Math.floor(this.seconds / 60);
    const clock = `${String(Math.floor(minutes / 60))}:${pad(minutes % 60, 2)}:${pad(this.seconds % 60, 2)}`;
    return `${days}${clock}${this.microseconds === 0 ? '' : `.${pad(this.microseconds, 6)}`}`;
  }

  toJSON(): string {
    return this.toString();
  }
}

function isBelow(value: number, limit: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < limit;
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, '0');
}
