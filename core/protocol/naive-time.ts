/**
 * What a wall clock without an offset means in a zone (WIRE-31): Celery reads such an eta in the app's zone when that is
 * not UTC. Cold: Celery and celeriac always write an offset. Called by header-reader.ts.
 */
const formats = new Map<string, Intl.DateTimeFormat>();

/** Zones that a process uses; a name comes from the settings, never from a message. */
function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formats.set(zone, format);
  }
  return format;
}

/**
 * Epoch ms of a wall clock, given as if it were UTC. Of an hour that occurs twice the first is taken, and one that does
 * not occur counts on from the hour before, as Python's `fold=0`.
 */
export function epochMsOfLocal(localMs: number, zone: string): number {
  const first = localMs - offsetMsAt(localMs - 86_400_000, zone);
  if (first + offsetMsAt(first, zone) === localMs) return first;
  const second = localMs - offsetMsAt(localMs + 86_400_000, zone);
  return second + offsetMsAt(second, zone) === localMs ? second : first;
}

function offsetMsAt(epochMs: number, zone: string): number {
  const parts = new Map(
    formatOf(zone)
      .formatToParts(new Date(epochMs))
      .map(({ type, value }) => [type, Number(value)]),
  );
  const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
  const wall = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
  return wall - Math.floor(epochMs / 1000) * 1000;
}
