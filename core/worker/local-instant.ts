/**
 * Instants of a message that say no offset (WORK-25): with `enableUtc` they are UTC, without it they are read in the
 * worker's zone, as Celery does. Pure; host thread.
 */
import { timeZoneOf, zonedInstant } from '../app/app-time.js';
import type { HeaderBlock } from '../kernel/header-block.js';
import type { Settings } from '../settings/table.js';

const HAS_OFFSET = /(?:[Zz]|[+-]\d\d(?::?\d\d)?)$/;
/** A date alone ends like an offset. */
const IS_DATE = /^\d{4}-?\d\d-?\d\d$/;

/** The zone in which instants without offset are read; null where that is UTC. */
export function localZoneOf(settings: Pick<Settings, 'timezone' | 'enableUtc'>): string | null {
  if (settings.enableUtc) return null;
  const zone = timeZoneOf(settings);
  return zone === 'UTC' ? null : zone;
}

/** @param asUtcMs the header as it was read, taken for UTC where it said no offset. */
export function inZone(
  headers: HeaderBlock,
  header: 'eta' | 'expires',
  { asUtcMs, zone }: { readonly asUtcMs: number; readonly zone: string },
): number {
  const text = headers.table[header];
  if (typeof text !== 'string' || (HAS_OFFSET.test(text) && !IS_DATE.test(text))) return asUtcMs;
  // The offset of the instant itself: a first guess may lie on the other side of a change of clocks.
  const guess = asUtcMs - zonedInstant(asUtcMs, zone).offsetMinutes * 60_000;
  return asUtcMs - zonedInstant(guess, zone).offsetMinutes * 60_000;
}
