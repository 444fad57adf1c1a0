/** `eta`, `countdown` and `expires` of a call as instants (CALL-02 to 04, MIS-07, MIS-09). */
import { ConfigError } from '../kernel/errors.js';
import { parseInstant } from '../protocol/iso-instant.js';
import type { CallOptions } from './call-options.js';

/** A countdown beyond this many seconds is a mistake: a signed 32-bit number, as Celery's (CALL-02). */
const MAX_COUNTDOWN_SECONDS = 2 ** 31 - 1;

/**
 * The instant of `eta` or `countdown`; null for at once.
 * @param horizonMs an eta that is farther away is refused: the worker would refuse it too (`taskMaxEtaMs`).
 * @throws ConfigError
 */
export function etaOf({ eta, countdown }: CallOptions, nowEpochMs: number, horizonMs: number): number | null {
  const instant = requestedEta(eta, countdown, nowEpochMs);
  if (instant !== null && instant - nowEpochMs > horizonMs) {
    throw new ConfigError(
      `the eta lies ${String(Math.round((instant - nowEpochMs) / 1_000))} s ahead, more than taskMaxEtaMs ` +
        `(${String(horizonMs)} ms) allows`,
    );
  }
  return instant;
}

function requestedEta(eta: CallOptions['eta'], countdown: CallOptions['countdown'], nowEpochMs: number): number | null {
  if (eta !== undefined && eta !== null) return instantOf('eta', eta);
  if (countdown === undefined || countdown === null || countdown === 0) return null;
  const seconds = secondsOf('countdown', countdown);
  if (Math.abs(seconds) > MAX_COUNTDOWN_SECONDS) {
    throw new ConfigError(`countdown must lie within 2³¹ seconds, not ${String(seconds)}`);
  }
  return nowEpochMs + seconds * 1_000;
}

/** The instant of `expires`; null for never. @throws ConfigError */
export function expiryOf(expires: CallOptions['expires'], nowEpochMs: number): number | null {
  if (expires === undefined || expires === null) return null;
  if (typeof expires === 'number') return nowEpochMs + secondsOf('expires', expires) * 1_000;
  return instantOf('expires', expires);
}

/** @throws ConfigError for what is no number of seconds. */
export function secondsOf(option: string, seconds: number): number {
  if (!Number.isFinite(seconds)) throw new ConfigError(`${option} must be a number of seconds, not ${String(seconds)}`);
  return seconds;
}

function instantOf(option: string, value: Date | string): number {
  const epochMs = typeof value === 'string' ? parseInstant(value) : value.getTime();
  if (epochMs === null || !Number.isFinite(epochMs)) {
    throw new ConfigError(`${option} must be a Date or an ISO 8601 instant, not "${String(value)}"`);
  }
  return epochMs;
}
