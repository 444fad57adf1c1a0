/**
 * ISO 8601 instants as Celery writes and reads them (protocol.md §1.4, WIRE-31). Used for eta, expires, date_done and
 * typed datetimes, in host, members and clients. Pure: knows no time zone but the one in the text.
 */
import { EncodeError } from '../kernel/errors.js';

/** Extended and basic format, any separator that Python reads, 1 to 9 fraction digits, `Z` or an offset or nothing. */
const INSTANT =
  /^(\d{4})-?(\d\d)-?(\d\d)(?:[Tt ](\d\d)(?::?(\d\d)(?::?(\d\d)(?:[.,](\d{1,9}))?)?)?(?:([Zz])|([+-])(\d\d)(?::?(\d\d)(?::?(\d\d))?)?)?)?$/;

/** Longest text that can match; longer input is not given to the expression. */
const MAX_LENGTH = 40;

/** Year 1 and the end of year 9999, the range of Python's datetime, in epoch ms. */
const MIN_EPOCH_MS = -62135596800000;
const MAX_EPOCH_MS = 253402300799999;

/** `Z` or an offset at the end of an instant. */
const OFFSET = /(?:[Zz]|[+-]\d\d(?::?\d\d(?::?\d\d)?)?)$/;

/** Whether an instant that `parseInstant` reads says no zone: a date alone, or a wall clock. */
export function isNaiveInstant(text: string): boolean {
  return !/[Tt ]/.test(text) || !OFFSET.test(text);
}

/**
 * Milliseconds since 1970 UTC, digits below a millisecond dropped; null when the text is not an instant. A text without
 * offset is UTC, a date alone is its midnight.
 */
export function parseInstant(text: string): number | null {
  if (text.length > MAX_LENGTH) return null;
  const m = INSTANT.exec(text);
  if (m === null) return null;
  const dayMs = dayStartEpochMs(Number(m[1]), Number(m[2]), Number(m[3]));
  const hour = Number(m[4] ?? 0);
  const minute = Number(m[5] ?? 0);
  const second = Number(m[6] ?? 0);
  if (dayMs === null || hour > 23 || minute > 59 || second > 59) return null;
  const ms = m[7] === undefined ? 0 : Number(m[7].slice(0, 3).padEnd(3, '0'));
  const localMs = dayMs + ((hour * 60 + minute) * 60 + second) * 1000 + ms;
  const offsetMs = readOffsetMs(m[9], Number(m[10] ?? 0), { minutes: Number(m[11] ?? 0), seconds: Number(m[12] ?? 0) });
  return offsetMs === null ? null : localMs - offsetMs;
}

/** Epoch ms of the midnight that begins a day of the proleptic Gregorian calendar; null when there is no such day. */
export function dayStartEpochMs(year: number, month: number, day: number): number | null {
  if (year < 1 || month < 1 || month > 12 || day < 1) return null;
  // Date.UTC takes years below 100 for 19xx; 400 years later the calendar is the same.
  const date = new Date(Date.UTC(year + 400, month - 1, day));
  return date.getUTCMonth() === month - 1 ? date.getTime() - MS_IN_400_YEARS : null;
}

const MS_IN_400_YEARS = 146_097 * 86_400_000;

function readOffsetMs(
  sign: string | undefined,
  hours: number,
  rest: { readonly minutes: number; readonly seconds: number },
): number | null {
  if (sign === undefined) return 0;
  if (hours > 23 || rest.minutes > 59 || rest.seconds > 59) return null;
  const ms = ((hours * 60 + rest.minutes) * 60 + rest.seconds) * 1000;
  return sign === '-' ? -ms : ms;
}

/**
 * `2030-01-02T03:04:05.678000+00:00`, without fraction when it is zero: what every Python since 5.2 reads.
 * @throws EncodeError outside the years 1 to 9999, which Python has no datetime for.
 */
export function formatInstant(epochMs: number): string {
  if (!(epochMs >= MIN_EPOCH_MS && epochMs <= MAX_EPOCH_MS)) {
    throw new EncodeError(`${String(epochMs)} ms is not an instant between the years 1 and 9999`);
  }
  const text = new Date(epochMs).toISOString();
  return text.endsWith('.000Z') ? `${text.slice(0, 19)}+00:00` : `${text.slice(0, 23)}000+00:00`;
}
