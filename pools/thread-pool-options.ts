/** Options of `ThreadPool` and of its runs: what a user writes, checked once and completed. */
import { availableParallelism } from 'node:os';
import type { ResourceLimits, Transferable } from 'node:worker_threads';
import { ConfigError } from '../core/kernel/errors.js';
import { nearMiss } from '../core/kernel/near-miss.js';
import { MAX_PRIORITY } from './run-queue.js';
import type { ConcurrencyCap } from '../core/ports/pool.js';
import { checkMemberCount, type LanePoolOptions } from './thread/pool-options.js';

/** What the lane pool checks and documents itself. */
type MemberOptions = Pick<
  LanePoolOptions,
  | 'asyncPerMember'
  | 'maxTasksPerMember'
  | 'maxMemoryPerMemberKib'
  | 'maxRssMb'
  | 'maxAgeMs'
  | 'warmSpares'
  | 'laneDepth'
  | 'maxRetainedBytes'
  | 'resourceLimits'
  | 'env'
  | 'execArgv'
>;

export interface ThreadPoolOptions extends MemberOptions {
  /** Module whose exported functions are run: a file URL, or a path. TypeScript is compiled first. */
  readonly filename: URL | string;
  /** Members that are always there, 1–1024. @defaultValue the number of cores */
  readonly minThreads?: number;
  /** Members when work waits, 1–1024. @defaultValue the larger of `minThreads` and the number of cores */
  readonly maxThreads?: number;
  /** Members beyond `minThreads` that have nothing to run are given up after this time, ms; null keeps them. @defaultValue null */
  readonly idleTimeoutMs?: number | null;
  /** Runs that may wait for a member; one more rejects with PoolError. null for any number. @defaultValue null */
  readonly maxQueue?: number | null;
  /** Heap of a member, MB: one that needs more dies, and its run rejects. @defaultValue as Node decides */
  readonly maxHeapMb?: number | null;
  /** Time for the first members to load the module, ms. @defaultValue 30000 */
  readonly startTimeoutMs?: number;
}

export interface RunOptions {
  /** Which exported function. @defaultValue 'default' */
  readonly name?: string;
  /**
   * Ends the run: one that waits never starts, one that computes is ended with its member, of one that awaits only the
   * promise is given up.
   */
  readonly signal?: AbortSignal;
  /**
   * What of the value is given away, not copied: ArrayBuffers, MessagePorts and the like. It is detached here at once and
   * gone with the member that got it, should that one die before the run has ended.
   */
  readonly transferList?: readonly Transferable[];
  /** Waiting runs start by priority, 0 to 9, then in order; what a lane has already (8 ms of work) goes first. @defaultValue 0 */
  readonly priority?: number;
  /**
   * Runs of one key go one after another, in the order of their calls (among those that wait for a member: by priority
   * first), whatever becomes of each. Runs of other keys do not wait for them. @defaultValue none
   */
  readonly orderingKey?: string;
  /**
   * At most `limit` runs of the same `name` go at once; the limit that was given last holds. Up to 10,000 runs wait for
   * keys and caps; those beyond wait for a member, and what comes behind them with them. @defaultValue none
   */
  readonly cap?: ConcurrencyCap;
  /** The run ends with its member so long after its start, ms. */
  readonly timeLimitMs?: number;
  /** The function's `context.signal` aborts so long after the start, ms. */
  readonly softTimeLimitMs?: number;
}

export interface ResolvedThreadPoolOptions {
  readonly filename: URL | string;
  readonly minThreads: number;
  readonly maxThreads: number;
  readonly idleTimeoutMs: number | null;
  readonly maxQueue: number | null;
  readonly startTimeoutMs: number;
  readonly members: MemberOptions;
}

const POOL_OPTIONS: Readonly<Record<keyof ThreadPoolOptions, true>> = {
  ...{ filename: true, minThreads: true, maxThreads: true, idleTimeoutMs: true, maxQueue: true, maxHeapMb: true },
  ...{ startTimeoutMs: true, asyncPerMember: true, maxTasksPerMember: true, maxMemoryPerMemberKib: true },
  ...{ maxRssMb: true, maxAgeMs: true, warmSpares: true, laneDepth: true, maxRetainedBytes: true },
  ...{ resourceLimits: true, env: true, execArgv: true },
};
const RUN_OPTIONS: Readonly<Record<keyof RunOptions, true>> = {
  ...{ name: true, signal: true, transferList: true, priority: true, timeLimitMs: true, softTimeLimitMs: true },
  ...{ orderingKey: true, cap: true },
};
const DEFAULT_START_TIMEOUT_MS = 30_000;

/** @throws ConfigError for an unknown name, or a number that makes no sense. */
export function resolveThreadPoolOptions(options: ThreadPoolOptions): ResolvedThreadPoolOptions {
  checkNames('ThreadPool', options, POOL_OPTIONS);
  const { filename, minThreads, maxThreads, idleTimeoutMs, maxQueue, maxHeapMb, startTimeoutMs, ...rest } = options;
  const cores = availableParallelism();
  const least = minThreads ?? Math.min(cores, maxThreads ?? cores);
  const most = maxThreads ?? Math.max(cores, least);
  checkThreads(least, most);
  const heap: ResourceLimits =
    maxHeapMb == null ? {} : { maxOldGenerationSizeMb: checkAtLeast('maxHeapMb', maxHeapMb, 1) };
  return {
    filename,
    minThreads: least,
    maxThreads: most,
    idleTimeoutMs: idleTimeoutMs == null ? null : checkAtLeast('idleTimeoutMs', idleTimeoutMs, 0),
    maxQueue: maxQueue == null ? null : checkAtLeast('maxQueue', maxQueue, 0),
    startTimeoutMs: checkAtLeast('startTimeoutMs', startTimeoutMs ?? DEFAULT_START_TIMEOUT_MS, 0),
    members: { ...rest, resourceLimits: { ...rest.resourceLimits, ...heap } },
  };
}

/** @throws ConfigError unless both are numbers of members that a pool can have, in their order. */
export function checkThreads(minThreads: number, maxThreads: number): void {
  checkMemberCount('minThreads', minThreads);
  checkMemberCount('maxThreads', maxThreads);
  if (maxThreads < minThreads) throw new ConfigError('maxThreads is smaller than minThreads');
}

/** @throws ConfigError for an unknown name, a limit that is no positive number, or a priority, key or cap that is none. */
export function checkRunOptions(options: RunOptions): void {
  checkNames('run', options, RUN_OPTIONS);
  const { timeLimitMs, softTimeLimitMs, priority, orderingKey, cap } = options;
  if (timeLimitMs !== undefined) checkLimit(timeLimitMs);
  if (softTimeLimitMs !== undefined) checkLimit(softTimeLimitMs);
  if (orderingKey !== undefined || cap !== undefined) checkLabels(orderingKey, cap);
  if (priority === undefined || (Number.isInteger(priority) && priority >= 0 && priority <= MAX_PRIORITY)) return;
  throw new ConfigError(`priority must be a whole number from 0 to ${String(MAX_PRIORITY)}, not ${String(priority)}`);
}

function checkNames(what: string, options: object, known: Readonly<Record<string, true>>): void {
  for (const name in options) {
    if (known[name] === true) continue;
    const meant = nearMiss(name, Object.keys(known));
    throw new ConfigError(`${what}: unknown option "${name}"${meant === null ? '' : `; did you mean "${meant}"?`}`);
  }
}

function checkLabels(
  orderingKey: unknown,
  cap: { readonly name?: unknown; readonly limit?: unknown } | undefined,
): void {
  if (orderingKey !== undefined && typeof orderingKey !== 'string') {
    throw new ConfigError(`orderingKey must be a string, not ${typeof orderingKey}`);
  }
  if (cap === undefined) return;
  const { name, limit } = cap;
  if (typeof name !== 'string') throw new ConfigError('the name of a cap must be a string');
  // A limit below 1 would let nobody pass, ever.
  if (!Number.isInteger(limit) || (limit as number) < 1) {
    throw new ConfigError(`the limit of a cap must be a whole number from 1, not ${String(limit)}`);
  }
}

function checkLimit(limitMs: number): void {
  if (limitMs > 0) return;
  throw new ConfigError(`a time limit of ${String(limitMs)} ms is not a positive number of milliseconds`);
}

function checkAtLeast(name: string, value: number, least: number): number {
  if (typeof value === 'number' && value >= least) return value;
  throw new ConfigError(`${name} must be a number from ${String(least)}, not ${String(value)}`);
}
