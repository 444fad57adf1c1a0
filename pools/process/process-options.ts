/** Options of the process pool: what a caller writes and what the pool works with. */
import { availableParallelism } from 'node:os';
import { systemClock, type Clock } from '../../core/kernel/clock.js';
import { ConfigError } from '../../core/kernel/errors.js';
import { systemRandom, type Random } from '../../core/kernel/random.js';
import { inheritedEnv, inheritedExecArgv } from './child-process.js';

export interface ProcessPoolOptions {
  /** The member program: a module of JavaScript whose default export is a `MemberProgramFactory`. */
  readonly programUrl: string;
  /** Handed to the program as `link.data`; serializable by `v8.serialize`. */
  readonly data?: unknown;
  /** Number of members. @defaultValue the number of cores */
  readonly size?: number;
  /** Runs that one member holds at once when they are asynchronous, 1–10000. @defaultValue 1 */
  readonly asyncPerMember?: number;
  /** A member is replaced after so many jobs; null for never. @defaultValue null */
  readonly maxTasksPerMember?: number | null;
  /** A member with more resident memory is replaced after its job, KiB; null for never. @defaultValue null */
  readonly maxMemoryPerMemberKib?: number | null;
  /** While host and members have more resident memory than this, MB, members are replaced, one by one. @defaultValue null */
  readonly maxRssMb?: number | null;
  /** A member is replaced after this time, ms; null for never. @defaultValue null */
  readonly maxAgeMs?: number | null;
  /** Heap limit of a member, MB; null leaves it to Node. @defaultValue null */
  readonly maxHeapMb?: number | null;
  /** Jobs that wait for each member before `submit` answers false. @defaultValue 64 */
  readonly waitingPerMember?: number | null;
  /** Environment of the members. @defaultValue the process's, without an inspector */
  readonly env?: NodeJS.ProcessEnv;
  /** Node options of the members; null to inherit all but inspector and program text. @defaultValue null */
  readonly execArgv?: readonly string[] | null;
  readonly clock?: Clock;
  readonly random?: Random;
}

export interface ResolvedProcessPoolOptions {
  readonly programUrl: string;
  readonly data: unknown;
  readonly size: number;
  readonly asyncPerMember: number;
  readonly maxTasksPerMember: number;
  readonly maxMemoryPerMemberKib: number;
  readonly maxRssMb: number;
  readonly maxAgeMs: number | null;
  readonly maxHeapMb: number | null;
  readonly waitingPerMember: number;
  readonly env: NodeJS.ProcessEnv;
  readonly execArgv: readonly string[];
  readonly clock: Clock;
  readonly random: Random;
}

const MAX_SIZE = 1024;
const MAX_SLOTS = 10_000;
const WAITING_PER_MEMBER = 64;

/** @throws ConfigError when a number is out of range. */
export function resolveProcessPoolOptions(options: ProcessPoolOptions): ResolvedProcessPoolOptions {
  return Object.freeze({
    programUrl: options.programUrl,
    data: options.data ?? null,
    size: checkProcessCount(options.size ?? availableParallelism()),
    asyncPerMember: checkCount('asyncPerMember', options.asyncPerMember ?? 1, MAX_SLOTS),
    maxTasksPerMember: limitOf('maxTasksPerMember', options.maxTasksPerMember),
    maxMemoryPerMemberKib: limitOf('maxMemoryPerMemberKib', options.maxMemoryPerMemberKib),
    maxRssMb: limitOf('maxRssMb', options.maxRssMb),
    maxAgeMs: options.maxAgeMs ?? null,
    maxHeapMb: options.maxHeapMb ?? null,
    waitingPerMember: options.waitingPerMember ?? WAITING_PER_MEMBER,
    env: options.env ?? inheritedEnv(process.env),
    execArgv: options.execArgv ?? inheritedExecArgv(process.execArgv),
    clock: options.clock ?? systemClock,
    random: options.random ?? systemRandom,
  });
}

/** @throws ConfigError unless it is a number of members that a pool can have. */
export function checkProcessCount(size: number): number {
  return checkCount('size', size, MAX_SIZE);
}

function limitOf(name: string, value: number | null | undefined): number {
  return value == null ? Infinity : checkCount(name, value, Number.MAX_SAFE_INTEGER);
}

function checkCount(name: string, value: number, most: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new ConfigError(`${name} must be a whole number from 1 to ${String(most)}, not ${String(value)}`);
}
