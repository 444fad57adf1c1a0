/** Options of one call (features.md §5), and how they become instants and headers. */
import { ConfigError } from '../kernel/errors.js';
import { nearMiss } from '../settings/near-miss.js';
import { parseInstant } from '../protocol/iso-instant.js';

export interface CallOptions {
  /** Queue of this message. @defaultValue the task's queue, then `taskDefaultQueue` */
  readonly queue?: string;
  /** Seconds from now before which the task does not start (CALL-02). */
  readonly countdown?: number;
  /** Instant before which the task does not start (CALL-03). */
  readonly eta?: Date | string;
  /** Seconds from now, or the instant, after which the task is dropped as revoked (CALL-04). */
  readonly expires?: number | Date | string;
  /** Id of the task (CALL-05). @defaultValue a new UUID; inside a task one derived from the parent */
  readonly taskId?: string;
  /** 0 to 255, higher is served first (CALL-13). */
  readonly priority?: number;
  /** Headers of the application, visible as `ctx.request.headers` (CALL-16). */
  readonly headers?: Readonly<Record<string, string | number | boolean | null>>;
  /** Store no result of this call (CALL-18). */
  readonly ignoreResult?: boolean;
  /** Hard and soft limit of this call in seconds (CALL-10). */
  readonly timeLimit?: number;
  readonly softTimeLimit?: number;
  /** Name to show in logs and monitors (CALL-08). */
  readonly shadow?: string;
}

export interface ApplyOptions<A extends readonly unknown[]> extends CallOptions {
  readonly args?: A;
  readonly kwargs?: Readonly<Record<string, unknown>>;
}

/** Every option once: the compiler holds this list against the interface. */
const OPTIONS: Readonly<Record<keyof ApplyOptions<[]>, true>> = {
  args: true,
  kwargs: true,
  queue: true,
  countdown: true,
  eta: true,
  expires: true,
  taskId: true,
  priority: true,
  headers: true,
  ignoreResult: true,
  timeLimit: true,
  softTimeLimit: true,
  shadow: true,
};

/** A misspelt option would be lost without a word where no compiler looks. @throws ConfigError */
export function checkOptionNames(task: string, options: object): void {
  for (const name in options) {
    if (Object.hasOwn(OPTIONS, name)) continue;
    const meant = nearMiss(name, Object.keys(OPTIONS));
    throw new ConfigError(
      `call of "${task}": unknown option "${name}"${meant === null ? '' : `; did you mean "${meant}"?`}`,
    );
  }
}

/** The instant of `eta` or `countdown`; null for at once. @throws ConfigError */
export function etaOf({ eta, countdown }: CallOptions, nowEpochMs: number): number | null {
  if (eta !== undefined) return instantOf('eta', eta);
  if (countdown === undefined || countdown === 0) return null;
  return nowEpochMs + secondsOf('countdown', countdown) * 1_000;
}

/** The instant of `expires`; null for never. @throws ConfigError */
export function expiryOf(expires: CallOptions['expires'] | null, nowEpochMs: number): number | null {
  if (expires === undefined || expires === null) return null;
  if (typeof expires === 'number') return nowEpochMs + secondsOf('expires', expires) * 1_000;
  return instantOf('expires', expires);
}

function secondsOf(option: string, seconds: number): number {
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
