/** A rate as Celery writes it (TASK-07, WORK-30): a number a second, or text with a unit. Read where tasks are defined and planned. */

const SECONDS_OF_UNIT: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600 };

/**
 * Starts a second; null for no limit (0, `0/m`).
 * @returns undefined when it is no rate.
 */
export function parseRate(rate: number | string): number | null | undefined {
  if (typeof rate === 'number') return perSecond(rate, 1);
  const match = /^\s*(\d+(?:\.\d+)?)\s*(?:\/\s*([smh]))?\s*$/.exec(rate);
  if (match === null) return undefined;
  return perSecond(Number(match[1]), SECONDS_OF_UNIT[match[2] ?? 's'] ?? 1);
}

function perSecond(count: number, seconds: number): number | null | undefined {
  if (!Number.isFinite(count) || count < 0) return undefined;
  return count === 0 ? null : count / seconds;
}
