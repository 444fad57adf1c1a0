/** Rate limits as Celery writes them (WORK-30): a number, with `/s`, `/m` or `/h` behind it where it is a text. Pure. */
import { ConfigError } from './errors.js';

const SECONDS_OF_UNIT: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600 };
const RATE = /^(\d+(?:\.\d+)?|\.\d+)(?:\/([smh]))?$/;

/**
 * Tokens a second; null for no limit (0, '' and null).
 * @throws ConfigError naming what cannot be read.
 */
export function parseRateLimit(limit: string | number | null): number | null {
  if (limit === null || limit === '' || limit === 0) return null;
  if (typeof limit === 'number') {
    if (Number.isFinite(limit) && limit > 0) return limit;
  } else {
    const match = RATE.exec(limit.trim());
    if (match !== null) {
      const rate = Number(match[1]) / (SECONDS_OF_UNIT[match[2] ?? 's'] ?? 1);
      return rate === 0 ? null : rate;
    }
  }
  throw new ConfigError(`"${String(limit)}" is no rate limit: write 10 or '10/s', '10/m', '10/h'`);
}
