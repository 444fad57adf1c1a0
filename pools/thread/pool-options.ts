/** Options of the thread pool: what a caller writes and what the pool works with. */
import { availableParallelism } from 'node:os';
import type { ResourceLimits } from 'node:worker_threads';
import { systemClock, type Clock } from '../../core/kernel/clock.js';
import { ConfigError } from '../../core/kernel/errors.js';
import { systemRandom, type Random } from '../../core/kernel/random.js';
import { DEFAULT_LANE_SIZES, laneLayout, type LaneSizes } from './lane-layout.js';

export interface LanePoolOptions {
  /** The member program: a module of JavaScript whose default export is a `MemberProgramFactory`. */
  readonly programUrl: string;
  /** Handed to the program as `link.data`; structured-clonable. */
  readonly data?: unknown;
  /** Number of members. @defaultValue the number of cores */
  readonly size?: number;
  /** Runs that one member holds at once when they are asynchronous, 1–10,000. @defaultValue 1 */
  readonly asyncPerMember?: number;
  /** A member is replaced after so many jobs; null for never. @defaultValue null */
  readonly maxTasksPerMember?: number | null;
  /** V8 heap limits of a member. @defaultValue none */
  readonly resourceLimits?: ResourceLimits;
  /** Environment of the members. @defaultValue a copy of the process's */
  readonly env?: NodeJS.ProcessEnv;
  /** Node options of the members; null to inherit. @defaultValue null */
  readonly execArgv?: readonly string[] | null;
  /** Ring capacities in bytes, powers of two. */
  readonly ringSizes?: Partial<Omit<LaneSizes, 'slotCount'>>;
  readonly clock?: Clock;
  readonly random?: Random;
}

export interface ResolvedLanePoolOptions {
  readonly programUrl: string;
  readonly data: unknown;
  readonly size: number;
  readonly maxTasksPerMember: number;
  readonly resourceLimits: ResourceLimits;
  readonly env: NodeJS.ProcessEnv;
  readonly execArgv: readonly string[] | null;
  readonly sizes: LaneSizes;
  readonly clock: Clock;
  readonly random: Random;
}

const MAX_SIZE = 1024;
const MAX_SLOTS = 10_000;

/** @throws ConfigError when a number is out of range or a ring's capacity no power of two. */
export function resolveLanePoolOptions(options: LanePoolOptions): ResolvedLanePoolOptions {
  const slotCount = checkCount('asyncPerMember', options.asyncPerMember ?? 1, MAX_SLOTS);
  const sizes = { ...DEFAULT_LANE_SIZES, ...options.ringSizes, slotCount };
  laneLayout(sizes);
  const maxTasks = options.maxTasksPerMember ?? null;
  return Object.freeze({
    programUrl: options.programUrl,
    data: options.data ?? null,
    size: checkPoolSize(options.size ?? availableParallelism()),
    maxTasksPerMember:
      maxTasks === null ? Infinity : checkCount('maxTasksPerMember', maxTasks, Number.MAX_SAFE_INTEGER),
    resourceLimits: options.resourceLimits ?? {},
    env: options.env ?? process.env,
    execArgv: options.execArgv ?? null,
    sizes,
    clock: options.clock ?? systemClock,
    random: options.random ?? systemRandom,
  });
}

/** @throws ConfigError unless it is a number of members that a pool can have. */
export function checkPoolSize(size: number): number {
  return checkCount('size', size, MAX_SIZE);
}

/** A whole number from 1 to `most`. */
function checkCount(name: string, value: number, most: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new ConfigError(`${name} must be a whole number from 1 to ${String(most)}, not ${String(value)}`);
}
