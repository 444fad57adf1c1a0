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
  /**
   * A member is replaced after its job when it holds so much more memory than when it had loaded its program, KiB: live
   * heap and buffers outside of it. null for never. @defaultValue null
   */
  readonly maxMemoryPerMemberKib?: number | null;
  /**
   * While the process has more resident memory than this, MB, members are replaced, one after the other, those that have
   * grown most first; null for never. @defaultValue null
   */
  readonly maxRssMb?: number | null;
  /** A member is replaced after this time or up to a tenth less, ms; null for never. @defaultValue null */
  readonly maxAgeMs?: number | null;
  /** Members beyond the size that are ready and idle until another is lost. @defaultValue 0 */
  readonly warmSpares?: number;
  /** Jobs that a lane takes; null adapts it to their run time. @defaultValue null */
  readonly laneDepth?: number | null;
  /** Bodies too large for a ring that the lanes hold together, bytes; one larger than that goes alone. @defaultValue 256 MiB */
  readonly maxRetainedBytes?: number;
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
  readonly maxMemoryPerMemberKib: number | null;
  readonly maxRssMb: number | null;
  readonly maxAgeMs: number | null;
  readonly warmSpares: number;
  readonly laneDepth: number | null;
  readonly maxRetainedBytes: number;
  readonly resourceLimits: ResourceLimits;
  readonly env: NodeJS.ProcessEnv;
  readonly execArgv: readonly string[] | null;
  readonly sizes: LaneSizes;
  readonly clock: Clock;
  readonly random: Random;
}

const MAX_SIZE = 1024;
const MAX_SLOTS = 10_000;
/** A ring of usual size holds no more. */
const MAX_DEPTH = 4096;
const DEFAULT_RETAINED_BYTES = 256 * 2 ** 20;

/** @throws ConfigError when a number is out of range or a ring's capacity no power of two. */
export function resolveLanePoolOptions(options: LanePoolOptions): ResolvedLanePoolOptions {
  const slotCount = checkCount('asyncPerMember', options.asyncPerMember ?? 1, MAX_SLOTS);
  const sizes = { ...DEFAULT_LANE_SIZES, ...options.ringSizes, slotCount };
  laneLayout(sizes);
  return Object.freeze({
    programUrl: options.programUrl,
    data: options.data ?? null,
    size: checkPoolSize(options.size ?? availableParallelism()),
    maxTasksPerMember: checkLimit('maxTasksPerMember', options.maxTasksPerMember) ?? Infinity,
    maxMemoryPerMemberKib: checkLimit('maxMemoryPerMemberKib', options.maxMemoryPerMemberKib),
    maxRssMb: checkLimit('maxRssMb', options.maxRssMb),
    maxAgeMs: checkLimit('maxAgeMs', options.maxAgeMs),
    warmSpares: (options.warmSpares ?? 0) === 0 ? 0 : checkCount('warmSpares', options.warmSpares ?? 0, MAX_SIZE),
    laneDepth: options.laneDepth == null ? null : checkCount('laneDepth', options.laneDepth, MAX_DEPTH),
    maxRetainedBytes: checkLimit('maxRetainedBytes', options.maxRetainedBytes) ?? DEFAULT_RETAINED_BYTES,
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
  return checkMemberCount('size', size);
}

/** @throws ConfigError, naming the option, unless it is a number of members that a pool can have. */
export function checkMemberCount(option: string, count: number): number {
  return checkCount(option, count, MAX_SIZE);
}

/** A whole number, or none. */
function checkLimit(name: string, value: number | null | undefined): number | null {
  return value == null ? null : checkCount(name, value, Number.MAX_SAFE_INTEGER);
}

/** A whole number from 1 to `most`. */
function checkCount(name: string, value: number, most: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new ConfigError(`${name} must be a whole number from 1 to ${String(most)}, not ${String(value)}`);
}
