/** The app's time zone (APP-29): `timezone`, else UTC, or the local one without `enableUtc`. */
import { ConfigError } from '../kernel/errors.js';
import type { Settings } from '../settings/table.js';

export interface ZonedInstant {
  readonly epochMs: number;
  /** IANA name. */
  readonly timeZone: string;
  /** Minutes east of UTC at that instant. */
  readonly offsetMinutes: number;
  /** ISO 8601 with the zone's offset. */
  toString(): string;
}

type TimeSettings = Pick<Settings, 'timezone' | 'enableUtc'>;

export function timeZoneOf({ timezone, enableUtc }: TimeSettings): string {
  return timezone ?? (enableUtc ? 'UTC' : Intl.DateTimeFormat().resolvedOptions().timeZone);
}

/** An instant as it reads in a zone. @throws ConfigError for a zone that the runtime does not know. */
export function zonedInstant(epochMs: number, timeZone: string): ZonedInstant {
  const local = localFields(epochMs, timeZone);
  const offsetMinutes = Math.round((local - Math.floor(epochMs / 1_000) * 1_000) / 60_000);
  return {
    epochMs,
    timeZone,
    offsetMinutes,
    toString: () => {
      const sign = offsetMinutes < 0 ? '-' : '+';
      const two = (n: number): string => String(n).padStart(2, '0');
      const minutes = Math.abs(offsetMinutes);
      const text = new Date(epochMs + offsetMinutes * 60_000).toISOString().slice(0, -1);
      return `${text}${sign}${two(Math.trunc(minutes / 60))}:${two(minutes % 60)}`;
    },
  };
}

/** The zone's wall clock, read as if it were UTC, ms. */
function localFields(epochMs: number, timeZone: string): number {
  let parts: Intl.DateTimeFormatPart[];
  try {
    const format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    parts = format.formatToParts(epochMs);
  } catch (error) {
    throw new ConfigError(`unknown time zone "${timeZone}"`, { cause: error });
  }
  const field = (type: string): number => Number(parts.find((part) => part.type === type)?.value ?? 0);
  return Date.UTC(field('year'), field('month') - 1, field('day'), field('hour'), field('minute'), field('second'));
}
